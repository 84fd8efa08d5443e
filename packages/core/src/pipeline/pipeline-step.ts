import type { Placement } from '../catalog/fields.js';
import type { Degradation, Next } from '../escalate/escalate.js';
import type { Certificate } from '../judge/risk-control.js';
import type { TierAnswer } from '../tasks/answer.js';

/** Everything that happened to one input, in order. Never the input. */
export type PipelineTraceEvent = { readonly atMs: number } & PipelineTraceEntry;

/** An event before its time is put on it: those of every request, as far as pipelines have them. */
export type PipelineTraceEntry =
  | { readonly kind: 'plan'; readonly ladder: readonly string[] }
  /** From the call to the answer; the first run of a tier loads it. */
  | { readonly kind: 'run'; readonly tier: string; readonly placement: Placement; readonly durationMs: number }
  | {
      readonly kind: 'judge';
      readonly path: readonly string[];
      readonly verdict: 'accept' | 'escalate';
      readonly reason: string | undefined;
      readonly confidence: number | undefined;
      readonly calibrated: boolean;
    }
  | {
      readonly kind: 'climb';
      readonly from: string;
      readonly to: string;
      readonly reason: string;
      readonly gain: number | undefined;
    }
  | { readonly kind: 'stop'; readonly reason: string; readonly degraded: Degradation | undefined }
  | { readonly kind: 'failed'; readonly tier: string; readonly code: string; readonly message: string };

/** The answer to an input, and how it came about. */
export interface PipelineResult {
  readonly requestId: string;
  /** The likeliest; undefined of an embedding. */
  readonly label: string | undefined;
  /** Every label with its probability, likeliest first; none where the tiers told no scores. */
  readonly distribution: readonly { readonly label: string; readonly score: number }[];
  /** What both were read from, of several tiers fused. */
  readonly answer: TierAnswer;
  /** All that the last pipeline of the path gave, as plain data: entities, boxes, time stamps. */
  readonly output: unknown;
  /** The last tier whose answer is in it. */
  readonly tier: string;
  readonly placement: Placement;
  /** Every tier whose scores are in the answer. */
  readonly path: readonly string[];
  /** P(right), in [0, 1]: calibrated where `verdict.calibrated` says so, else as the tier puts it; undefined of an embedding. */
  readonly confidence: number | undefined;
  readonly verdict: {
    /** `abstain`: the best answer is attached, but it does not meet what was asked. */
    readonly kind: 'accept' | 'abstain';
    readonly reason: Extract<Next, { kind: 'stop' }>['reason'];
    readonly calibrated: boolean;
    /** What a bound rests on; none for an answer whose walk was cut short. */
    readonly certificate: Certificate | undefined;
    readonly degraded: Degradation | undefined;
  };
  readonly costUsd: number;
  readonly trace: readonly PipelineTraceEvent[];
}

/** What a stream tells while an input is answered. */
export type PipelineStep =
  | { readonly kind: 'trace'; readonly event: PipelineTraceEvent }
  /** The best answer so far, before it is known to be good enough. */
  | {
      readonly kind: 'answer';
      readonly answer: TierAnswer;
      readonly tier: string;
      readonly confidence: number | undefined;
    }
  | { readonly kind: 'result'; readonly result: PipelineResult };
