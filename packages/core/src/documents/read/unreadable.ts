import { InvalidDocumentError } from '../../errors/invalid-document-error.js';

/** Why a document cannot be read. */
export type Unreadable =
  | 'binary'
  | 'characters'
  | 'damaged'
  | 'encrypted'
  | 'no-text'
  | 'too-large'
  | 'too-long'
  | 'too-many-elements'
  | 'too-many-pages'
  | 'too-slow'
  | 'too-much-memory';

interface Words {
  readonly message: string;
  readonly hint: string;
}

const SPLIT = 'Split it into smaller documents.';

const WORDS: Readonly<Record<Unreadable, (limit: string) => Words>> = {
  binary: () => ({
    message: 'The document is no text.',
    hint: 'Documents are plain text, Markdown, HTML or PDF: convert it into one of them.',
  }),
  characters: (maps) => ({
    message: `The document has fonts whose characters are numbered by ${maps}, which Terrace has no map of.`,
    hint: 'Save a copy whose fonts are embedded with their text, as "print to PDF" does, and add that.',
  }),
  damaged: () => ({
    message: 'The document is damaged, or is not what its name says.',
    hint: 'Open it with the program that made it, and save it again.',
  }),
  encrypted: () => ({
    message: 'The document is encrypted: it takes a password to read it.',
    hint: 'Save a copy without a password, and add that.',
  }),
  'no-text': () => ({
    message: 'The document holds no text.',
    hint: 'Pages that are pictures, as those of a scanner, have to go through text recognition (OCR) first.',
  }),
  'too-large': (limit) => ({ message: `The document is larger than ${limit}.`, hint: SPLIT }),
  'too-long': (limit) => ({ message: `The document holds more than ${limit} of text.`, hint: SPLIT }),
  'too-many-elements': (limit) => ({ message: `The page has more than ${limit}.`, hint: SPLIT }),
  'too-many-pages': (limit) => ({ message: `The document has more than ${limit}.`, hint: SPLIT }),
  'too-slow': (limit) => ({
    message: `The document was not read within ${limit}.`,
    hint: `It may be made to keep programs busy. If it is sound, split it into smaller documents.`,
  }),
  'too-much-memory': () => ({
    message: 'Reading the document takes too much memory.',
    hint: `It may be made to keep programs busy. If it is sound, split it into smaller documents.`,
  }),
};

/**
 * A document that cannot be read, in plain words.
 * @param limit what it is over, such as `64 MB`, or what is missing
 */
export function unreadable(reason: Unreadable, limit = '', cause?: unknown): InvalidDocumentError {
  return new InvalidDocumentError({ ...WORDS[reason](limit), facts: { reason }, cause });
}
