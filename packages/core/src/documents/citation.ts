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
