import { InvalidDocumentError } from '../../errors/invalid-document-error.js';
import { DOCUMENT_LIMITS, type ReadDocument } from '../read-document.js';
import { DocumentText } from './document-text.js';
import { pdfOptions, type PdfOptions } from './pdf-options.js';
import { unreadable } from './unreadable.js';

/** What is used of PDF.js. */
export interface PdfLibrary {
  /** @throws errors called PasswordException or InvalidPDFException, and others */
  open(bytes: Uint8Array, options: PdfOptions): Promise<PdfDocument>;
}

interface PdfDocument {
  readonly numPages: number;
  getPage(number: number): Promise<PdfPage>;
  getMetadata(): Promise<{ readonly info: object }>;
}

interface PdfPage {
  getTextContent(): Promise<{ readonly items: readonly (PdfText | object)[] }>;
  cleanup(): unknown;
}

/** A run of text as it is drawn. */
interface PdfText {
  readonly str: string;
  /** The last two are where it begins, from the left and from the bottom. */
  readonly transform: readonly number[];
  readonly height: number;
  readonly hasEOL: boolean;
}

/** Lines further apart than so many times their height are of two paragraphs. */
const PARAGRAPH_GAP = 1.7;

/** The text of a PDF, page by page. @throws InvalidDocumentError */
export async function readPdf(bytes: Uint8Array, library: PdfLibrary, onPage: () => void): Promise<ReadDocument> {
  const missing = new Set<string>();
  const pdf = await openPdf(
    bytes,
    library,
    pdfOptions((name) => missing.add(name)),
  );
  const { numPages } = pdf;
  const { pages } = DOCUMENT_LIMITS;
  if (numPages > pages) throw unreadable('too-many-pages', `${pages.toLocaleString('en')} pages`);
  const document = new DocumentText();
  let damaged: unknown;
  for (let number = 1; number <= numPages; number++) {
    try {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      for (const paragraph of paragraphsOf(items)) document.add('paragraph', paragraph, { page: number });
      page.cleanup();
    } catch (error) {
      if (InvalidDocumentError.isInstance(error)) throw error;
      // The others may be sound.
      damaged ??= error;
    }
    onPage();
  }
  // A document of which some text is silently left out would be worse than none.
  if (missing.size > 0) throw unreadable('characters', [...missing].join(', '));
  if (damaged !== undefined && document.isEmpty) throw unreadable('damaged', '', damaged);
  return document.read({ title: await titleOf(pdf), pages: numPages });
}

async function openPdf(bytes: Uint8Array, library: PdfLibrary, options: PdfOptions): Promise<PdfDocument> {
  try {
    return await library.open(bytes, options);
  } catch (error) {
    const isLocked = error instanceof Error && error.name === 'PasswordException';
    throw unreadable(isLocked ? 'encrypted' : 'damaged', '', error);
  }
}

function paragraphsOf(items: readonly (PdfText | object)[]): readonly string[] {
  const paragraphs: string[][] = [];
  let line = '';
  let place: Place | undefined;
  let above: Place | undefined;
  const endLine = (): void => {
    if (!above || (place && isApart(above, place))) paragraphs.push([]);
    paragraphs.at(-1)?.push(line.trim());
    above = place ?? above;
    line = '';
    place = undefined;
  };
  for (const item of items) {
    if (!isText(item)) continue;
    if (item.str.trim() !== '') place ??= { bottom: item.transform[5] ?? 0, height: item.height };
    line += item.str;
    if (item.hasEOL) endLine();
  }
  endLine();
  return paragraphs.map(joined);
}

/** Of a line on its page. */
interface Place {
  readonly bottom: number;
  readonly height: number;
}

const isText = (item: PdfText | object): item is PdfText => 'str' in item;

const isApart = (above: Place, below: Place): boolean =>
  Math.abs(above.bottom - below.bottom) > PARAGRAPH_GAP * Math.max(above.height, below.height);

/** Scripts without spaces between words, with their marks. */
const UNSPACED =
  '[\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}\\uff00-\\uff65]';
const ENDS_UNSPACED = new RegExp(`${UNSPACED}$`, 'u');
const BEGINS_UNSPACED = new RegExp(`^${UNSPACED}`, 'u');

/** Lines as one paragraph; a word that was split at the end of a line is one again. */
function joined(lines: readonly string[]): string {
  let text = '';
  let before = '';
  for (const line of lines) {
    if (line === '') continue;
    const isSplit = (/\p{Ll}-$/u.test(before) && /^\p{Ll}/u.test(line)) || before.endsWith('\u00ad');
    const isRunning = text === '' || (ENDS_UNSPACED.test(before) && BEGINS_UNSPACED.test(line));
    text = isSplit ? text.slice(0, -1) + line : text + (isRunning ? '' : ' ') + line;
    before = line.slice(-2);
  }
  return text;
}

/** What programs write for want of a title is none. */
async function titleOf(pdf: PdfDocument): Promise<string | undefined> {
  const found = await pdf.getMetadata().catch(() => undefined);
  const title: unknown = found && 'Title' in found.info ? found.info.Title : undefined;
  return typeof title === 'string' && !/^untitled|\.\w{2,4}$/i.test(title.slice(-300)) ? title : undefined;
}
