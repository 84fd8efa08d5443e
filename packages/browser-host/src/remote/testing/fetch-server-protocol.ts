import type { SeenRequest, ServerAnswer } from '@terrace/core/testing';

/** Bytes as numbers: what crosses between a page under test and its runner is JSON. */
type AsNumbers<T> = T extends { body?: Uint8Array } ? Omit<T, 'body'> & { body?: number[] } : T;

export type SentRequest = AsNumbers<SeenRequest>;
export type SentAnswer = AsNumbers<ServerAnswer>;

/** What has happened on a server since it was last asked for. */
export interface ServerNews {
  /** Those to be answered, by number. */
  readonly asked: readonly (readonly [ask: number, request: SentRequest])[];
  readonly openSockets: number;
  readonly connections: number;
  readonly sentBytes: number;
}

/** What a page under test may ask of its runner: it has no sockets itself. */
export interface FetchServerCommands {
  openFetchServer(): Promise<{ readonly id: number; readonly url: string }>;
  /** Waits for news, at most a second. */
  fetchServerNews(id: number): Promise<ServerNews>;
  answerFetch(id: number, ask: number, answer: SentAnswer): Promise<void>;
  closeFetchServer(id: number): Promise<void>;
  /** An address where somebody listened a moment ago. */
  deadFetchUrl(): Promise<string>;
}
