/** Where a statement comes from: plain data, a part of results. */
export interface Citation {
  /** As it stands in the context and, where the model cites, in the answer: `[1]`. */
  readonly marker: string;
  readonly collection: string;
  readonly documentId: string;
  readonly title: string;
  /** Of the document, from 0. */
  readonly chunk: number;
  /** Characters (UTF-16) of the document's text. */
  readonly start: number;
  readonly end: number;
  /** From 1; undefined where there are none. */
  readonly page: number | undefined;
  /** Whether the answer names it. */
  readonly cited: boolean;
}

/** Why an answer cites nothing, from what comes first to what comes last. */
export type Uncited =
  /** No message of a user has a text that could be looked for. */
  | 'no-question'
  /** The collection is empty. */
  | 'no-documents'
  /** Words alone decided, and no passage has one of the question. */
  | 'nothing-found'
  /** Every passage scores below `minScore`. */
  | 'below-floor'
  /** Not even a part of the best passage fits `maxTokens`. */
  | 'no-room'
  /** The model was given passages and names none of them. */
  | 'not-cited';
