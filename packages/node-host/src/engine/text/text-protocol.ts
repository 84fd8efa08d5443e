import type { MessagePort } from 'node:worker_threads';
import type { TextEvent, TextJob, TextWorker } from '@terrace/core/generate';

/** What is asked of a text worker and answered, once each. */
export type TextCalls = Pick<TextWorker, 'load' | 'countTokens' | 'logits' | 'release'>;

/** What it is told of jobs; what becomes of them it tells of its own accord. */
export type ToTextWorker =
  | { readonly kind: 'begin'; readonly jobId: number; readonly job: TextJob; readonly creditTokens: number }
  | { readonly kind: 'more'; readonly jobId: number; readonly tokens: number }
  | { readonly kind: 'cancel'; readonly jobId: number };

export type FromTextWorker = readonly TextEvent[];

/** What a text worker is started with. */
export interface TextWorkerData {
  /** Carries both of the above: comlink would answer each of them. */
  readonly jobs: MessagePort;
}
