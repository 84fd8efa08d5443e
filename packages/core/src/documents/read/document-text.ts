import { DOCUMENT_LIMITS, type DocumentBlock, type ReadDocument } from '../read-document.js';
import { unreadable } from './unreadable.js';

const TITLE_CHARACTERS = 200;

/** The text of a document while it is read: blocks, with an empty line between two. */
export class DocumentText {
  readonly #parts: string[] = [];
  readonly #blocks: DocumentBlock[] = [];
  #length = 0;
  #title: string | undefined;

  /** Adds nothing where there is no text. @throws InvalidDocumentError when it all is too long */
  add(
    kind: DocumentBlock['kind'],
    raw: string,
    { level, page }: { readonly level?: number | undefined; readonly page?: number | undefined } = {},
  ): void {
    const text = trimLines(printable(raw));
    if (text === '') return;
    if (kind === 'heading' && level === 1) this.#title ??= text;
    const start = this.#length === 0 ? 0 : this.#length + SEPARATOR.length;
    const end = start + text.length;
    const { characters } = DOCUMENT_LIMITS;
    if (end > characters) throw unreadable('too-long', `${characters / 1e6} million characters`);
    if (this.#length > 0) this.#parts.push(SEPARATOR);
    this.#parts.push(text);
    this.#blocks.push({ kind, level, start, end, page });
    this.#length = end;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /**
   * @param title as the document says; the first heading of level 1 without it
   * @throws InvalidDocumentError when there is no text
   */
  read({
    title,
    pages,
  }: { readonly title?: string | undefined; readonly pages?: number | undefined } = {}): ReadDocument {
    if (this.isEmpty) throw unreadable('no-text');
    return { title: titleOf(title) ?? titleOf(this.#title), text: this.#parts.join(''), blocks: this.#blocks, pages };
  }
}

const SEPARATOR = '\n\n';

/** Without control characters: a line feed and a tab are all that text needs. */
const printable = (raw: string): string =>
  raw.replaceAll(/\r\n?|[\f\v\u0085\u2028\u2029]/g, '\n').replaceAll(/[^\P{Cc}\n\t]/gu, '');

/** Without empty lines before and white space behind; the first line keeps its indentation. */
function trimLines(text: string): string {
  const end = text.trimEnd();
  const begins = end.length - end.trimStart().length;
  return end.slice(end.lastIndexOf('\n', Math.max(0, begins - 1)) + 1);
}

function titleOf(raw: string | undefined): string | undefined {
  // The first words alone are looked at: what claims to be a title may be a book.
  const title = printable(raw?.slice(0, 4 * TITLE_CHARACTERS) ?? '')
    .split(/\s+/)
    .filter((word) => word !== '')
    .join(' ');
  return title === '' ? undefined : [...title].slice(0, TITLE_CHARACTERS).join('');
}
