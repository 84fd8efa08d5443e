import type { TokenLogProb } from '../../tasks/text-generation/text-output.js';
import type { TraceEvent } from '../trace.js';
import type { TextResult } from './text-result.js';

/** What happens to a text request beside what happens to any. Never its text. */
export type TextTraceEvent =
  | TraceEvent
  | {
      readonly atMs: number;
      /** The first tokens were shown; `heldMs` is for how long they could have been shown already. */
      readonly kind: 'shown';
      readonly tier: string;
      readonly heldMs: number;
      readonly confidence: number | undefined;
    }
  | {
      readonly atMs: number;
      /** A higher tier goes on with what was shown. */
      readonly kind: 'handover';
      readonly from: string;
      readonly to: string;
      readonly reason: 'failed' | 'context' | 'confidence';
      readonly shownCharacters: number;
    }
  | {
      readonly atMs: number;
      readonly kind: 'generate';
      readonly tier: string;
      readonly inputTokens: number;
      readonly cachedTokens: number;
      readonly outputTokens: number;
      readonly firstTokenMs: number;
      readonly durationMs: number;
    };

/** What a stream tells while a chat is answered. Texts of one choice in a row are its answer: nothing is taken back. */
export type TextStep =
  | { readonly kind: 'trace'; readonly event: TextTraceEvent }
  | {
      readonly kind: 'text';
      readonly choice: number;
      readonly text: string;
      readonly tier: string;
      readonly logProbs: readonly number[];
      readonly tokens?: readonly TokenLogProb[] | undefined;
    }
  | { readonly kind: 'result'; readonly result: TextResult };
