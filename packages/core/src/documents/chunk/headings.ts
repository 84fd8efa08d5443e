import type { DocumentBlock } from '../read-document.js';

/** Longer ones, in characters, are text that somebody made large. */
const LONGEST = 200;
const DEEPEST = 6;

/** The headings that stand above a place, as a document is read from its beginning. */
export function createHeadings(text: string) {
  let above: readonly string[] = [];
  /** Of each of those above. */
  let levels: readonly number[] = [];

  const levelOf = (block: DocumentBlock): number => Math.min(DEEPEST, Math.max(1, block.level ?? 1));
  return {
    /** Outermost first. */
    get above() {
      return above;
    },
    levelOf,
    isHeading: (block: DocumentBlock): boolean => block.kind === 'heading' && block.end - block.start <= LONGEST,
    enter(block: DocumentBlock): void {
      const outer = levels.filter((level) => level < levelOf(block)).length;
      const heading = text.slice(block.start, block.end).replace(/\s+/g, ' ').trim();
      above = heading === '' ? above.slice(0, outer) : [...above.slice(0, outer), heading];
      levels = heading === '' ? levels.slice(0, outer) : [...levels.slice(0, outer), levelOf(block)];
    },
  };
}
