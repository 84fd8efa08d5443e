import type { DocumentChunk } from '../../ports/document-store.js';
import type { DocumentBlock, ReadDocument } from '../read-document.js';
import { createHeadings } from './headings.js';
import { piecesOf, type Piece } from './pieces.js';

/** A chunk that belongs to nothing yet. */
export type Passage = Omit<DocumentChunk, 'documentId' | 'contentId' | 'vector'>;

/** In characters (UTF-16). */
export interface ChunkLimits {
  /** More is begun anew. */
  readonly aim: number;
  /** More never is. */
  readonly most: number;
  /** Of the sentence that ends one passage and begins the next. */
  readonly overlap: number;
}

/** About a third of what the encoders read at once in English; what is best was not measured. */
export const CHUNK_LIMITS: ChunkLimits = { aim: 900, most: 1400, overlap: 300 };

/**
 * A document in passages, in their order: none goes across a heading or a page, each ends with a sentence where there are any,
 * and begins with the last one of the passage before. Code stays whole where it fits. It takes time as the text is long,
 * whatever stands in it, and gives passages as it finds them.
 */
export function* chunkDocument(document: ReadDocument, limits: ChunkLimits = CHUNK_LIMITS): Generator<Passage, void> {
  const headings = createHeadings(document.text);
  let index = 0;
  for (const section of sectionsOf(document, headings)) {
    for (const { start, end, page } of packed(document.text, section, limits)) {
      yield { index: index++, headings: headings.above, text: document.text.slice(start, end), start, end, page };
    }
  }
}

/** Blocks under the same headings, of one page. A heading that nothing stands under is text itself. */
function* sectionsOf(
  { text, blocks }: ReadDocument,
  headings: ReturnType<typeof createHeadings>,
): Generator<readonly DocumentBlock[], void> {
  let section: DocumentBlock[] = [];
  for (const [at, block] of blocks.entries()) {
    if (!headings.isHeading(block)) {
      // A passage says one page, so it has to be all there.
      if (section[0] && section[0].page !== block.page) {
        yield section;
        section = [];
      }
      section.push(block);
      continue;
    }
    if (section.length > 0) yield section;
    section = [];
    headings.enter(block);
    const next = blocks[at + 1];
    const isBare = !next || (headings.isHeading(next) && headings.levelOf(next) <= headings.levelOf(block));
    if (isBare && text.slice(block.start, block.end).trim() !== '') yield [block];
  }
  if (section.length > 0) yield section;
}

type Span = Pick<Passage, 'start' | 'end' | 'page'>;

function* packed(text: string, section: readonly DocumentBlock[], limits: ChunkLimits): Generator<Span, void> {
  const { aim, most, overlap } = limits;
  let open: Span | undefined;
  let last: (Piece & Pick<Span, 'page'>) | undefined;
  for (const block of section) {
    for (const each of piecesOf(text, block, most)) {
      const piece = { ...each, page: block.page };
      if (open && piece.end - open.start <= (open.end - open.start < aim / 2 ? most : aim)) {
        open = { ...open, end: piece.end };
      } else {
        const isTold = last?.isSentence === true && last.end - last.start <= overlap && piece.end - last.start <= most;
        const first: Span = open && last && isTold && last.start > open.start ? last : piece;
        if (open) yield open;
        open = { start: first.start, end: piece.end, page: first.page };
      }
      last = piece;
    }
  }
  if (open) yield open;
}
