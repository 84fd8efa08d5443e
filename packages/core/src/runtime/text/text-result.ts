import type { CacheFacts } from '../../cache/cache-facts.js';
import type { Placement } from '../../catalog/fields.js';
import type { TextConfidence } from '../../text/confidence/text-features.js';
import type { Citation, Uncited } from '../../documents/citation.js';
import type { EconomyFacts } from '../../prompt/economy-facts.js';
import type { TextOutput, TextTimings, TextUsage } from '../../tasks/text-generation/text-output.js';
import type { Verdict } from '../result.js';
import type { TextTraceEvent } from './text-step.js';

/** The answer to a text request, and how it came about. */
export interface TextResult {
  readonly requestId: string;
  /** What was shown, all of it: what a lower tier began and a higher one went on with is one text. */
  readonly output: TextOutput;
  /** Who wrote its end. */
  readonly tier: string;
  readonly placement: Placement;
  /** Every tier that wrote some of it, in order; one that was thrown away unseen is in the trace only. */
  readonly path: readonly string[];
  readonly confidence: number | undefined;
  readonly features: TextConfidence['features'];
  readonly verdict: Verdict;
  /** Of all tiers together. */
  readonly usage: TextUsage;
  readonly firstTokenMs: number | undefined;
  readonly tokensPerSecond: number | undefined;
  /** Of the last tier, where this device computed it. */
  readonly timings: TextTimings | undefined;
  readonly costUsd: number;
  readonly sentBytes: number;
  /** How each tier of `path` was asked: content ids of its template and delta. */
  readonly templates: Readonly<Record<string, string>>;
  readonly deltas: Readonly<Record<string, string>>;
  /** Where it was not computed. */
  readonly cache?: CacheFacts | undefined;
  /** Where the chat was to be made shorter. */
  readonly economy?: EconomyFacts | undefined;
  /** Of documents that were asked for, those that the model was given. */
  readonly citations?: readonly Citation[] | undefined;
  /** Where documents were asked for and the answer cites none. */
  readonly uncited?: Uncited | undefined;
  readonly trace: readonly TextTraceEvent[];
}
