/** A document as a reader gives it: its whole text, and where its parts are. Plain data: it crosses to a worker. */
export interface ReadDocument {
  readonly title: string | undefined;
  readonly text: string;
  /** In order, without gaps that hold text. */
  readonly blocks: readonly DocumentBlock[];
  readonly pages: number | undefined;
}

export interface DocumentBlock {
  readonly kind: 'heading' | 'paragraph' | 'code' | 'table';
  /** Of a heading, from 1. */
  readonly level: number | undefined;
  /** Characters (UTF-16) of the text. */
  readonly start: number;
  readonly end: number;
  readonly page: number | undefined;
}

/** What a document may be at most: more is refused, by name. */
export const DOCUMENT_LIMITS = {
  /** Of the file, looked at before it is read. */
  fileBytes: 64 * 1024 * 1024,
  /** Of its text. */
  characters: 8_000_000,
  pages: 5_000,
  /** It is cut in: a text of the most characters has half as many, unless it is all headings. */
  passages: 20_000,
  readMs: 20_000,
  /** More of it with each page that was read. */
  pageMs: 100,
} as const;
