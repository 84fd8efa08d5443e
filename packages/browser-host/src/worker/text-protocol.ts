import type { FetchProgress } from '@terrace/core';
import type { TokenCount } from '@terrace/core/prompt';
import type { TextPlan, TextRequestInput, TextResult, TextStep } from '@terrace/core/text';
import type { Method } from '../calls/messages.js';

/** Absolute URLs, of one origin with the page: they come with every call, as the runtime's own script knows none. */
export interface TextFiles {
  /** Of the page's script: files of another release do not understand each other. */
  readonly version: string;
  /** What answers text requests, for the runtime's worker. */
  readonly script: string;
  /** What generates. */
  readonly worker: string;
}

/** How one text request is answered, in order. */
export type TextEvent =
  /** It begins, perhaps once more: another tab leads now. */
  | { readonly kind: 'began' }
  | { readonly kind: 'step'; readonly step: TextStep }
  /** The caller is asked what it thinks of a whole answer; it says so by `checked`. */
  | { readonly kind: 'check'; readonly checkId: number; readonly text: string };

export interface TextAskOptions {
  /** Of this request, in all tabs; while the page waits for it, it shows so under this name. */
  readonly id: string;
  /** Whether somebody reads the steps; else the whole answer is decided on. */
  readonly reads: boolean;
  readonly checks: boolean;
}

/** What the caller thinks of an answer: P(right), or how its look at it failed. */
export type Checked =
  | { readonly kind: 'rated'; readonly value: number }
  | { readonly kind: 'failed'; readonly message: string };

type Bounds = Omit<TextRequestInput, 'text' | 'messages'>;

/** What a page asks of what answers text requests. */
export interface TextCalls {
  /** @returns the result to who reads no steps; else the last of them has it */
  readonly ask: Method<[TextRequestInput, TextAskOptions], TextResult | undefined, TextEvent>;
  /** So many steps have been read. */
  readonly more: Method<[id: string, steps: number], void>;
  readonly checked: Method<[id: string, checkId: number, Checked], void>;
  readonly recommend: Method<[Bounds], TextPlan>;
  readonly count: Method<[TextRequestInput], TokenCount>;
  readonly prepare: Method<[Bounds], void, FetchProgress>;
  readonly flush: Method<[], void>;
}

/** Steps that are told ahead of whoever reads them. */
export const STEPS_AHEAD = 64;
