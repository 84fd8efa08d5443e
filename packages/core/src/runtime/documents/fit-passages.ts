import { endWithin } from '../../documents/segments.js';
import type { FoundChunk } from './documents-face.js';

/** Of a passage that is cut, in characters: less says nothing. */
const SHORTEST = 40;

/**
 * As many of the best as fit. Where not even the first one does, so much of it as fits.
 * @param tokensOf what so many passages add to the chat
 */
export async function fitPassages(
  found: readonly FoundChunk[],
  maxTokens: number,
  tokensOf: (passages: readonly FoundChunk[]) => Promise<number>,
): Promise<readonly FoundChunk[]> {
  if (found.length === 0 || (await tokensOf(found)) <= maxTokens) return found;
  let [fits, tooMany] = [0, found.length];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if ((await tokensOf(found.slice(0, middle))) <= maxTokens) fits = middle;
    else tooMany = middle;
  }
  if (fits > 0) return found.slice(0, fits);
  const cut = await shorten(found[0]!, maxTokens, tokensOf);
  return cut ? [cut] : [];
}

async function shorten(
  passage: FoundChunk,
  maxTokens: number,
  tokensOf: (passages: readonly FoundChunk[]) => Promise<number>,
): Promise<FoundChunk | undefined> {
  for (let { length } = passage.text; length >= SHORTEST;) {
    const text = passage.text.slice(0, endWithin(passage.text, length));
    const cut = { ...passage, text, end: passage.start + text.length };
    const tokens = await tokensOf([cut]);
    if (tokens <= maxTokens) return cut;
    // By what it has too many of, and a tenth more: headings and fences are not made shorter.
    length = Math.floor(length * Math.min(0.9, (0.9 * maxTokens) / tokens));
  }
  return undefined;
}
