import type { ErrorEnvelope } from '../../errors/error-envelope.js';
import type { TextJob, TextLoadReport, TextModel } from '../../ports/text-engine.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';

/** What the loading thread can tell of a load; the host adds what it cost the process. */
export type TextThreadReport = Omit<TextLoadReport, 'peakMemoryBytes'>;

/** What happens to a job, in order; `pieces` of one turn of the loop together. */
export type TextEvent =
  | ({ readonly jobId: number } & (
      | { readonly kind: 'pieces'; readonly pieces: readonly TextPiece[] }
      | { readonly kind: 'ended'; readonly end: TextEnd }
      | { readonly kind: 'failed'; readonly error: ErrorEnvelope }
    ))
  /** The graph has failed: nothing that is asked of this worker comes to anything any more. */
  | { readonly kind: 'dead'; readonly error: ErrorEnvelope };

/**
 * What a host may ask of a text worker, which holds one variant. Jobs are begun and ended by messages without an
 * answer; what becomes of them comes as events.
 */
export interface TextWorker {
  load(model: TextModel): Promise<TextThreadReport>;
  /** @param creditTokens so many tokens of each choice may be written before somebody asks for more */
  begin(jobId: number, job: TextJob, creditTokens: number): void;
  /** The reader has taken so many. */
  more(jobId: number, tokens: number): void;
  /** Nobody reads on: its place is free before the next token. An ended job is none to end. */
  cancel(jobId: number): void;
  countTokens(job: Pick<TextJob, 'messages' | 'tools' | 'prefix' | 'chatTemplate'>): Promise<number>;
  logits(text: string): Promise<Float32Array>;
  release(): Promise<void>;
}
