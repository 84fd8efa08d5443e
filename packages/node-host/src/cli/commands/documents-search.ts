import { MIN_SCORE, placeOf, type FoundChunk } from '@terrace/core/documents';
import { EXIT } from '../exit-code.js';
import { print, printJson, warn } from '../output.js';
import { terminalText } from '../terminal-text.js';
import { collectionOf, DEFAULT_COLLECTION, noneIn, type SearchFlags } from './documents-flags.js';
import { withDocumentsRuntime } from './documents-store.js';

const TOP = 5;
const BY_WORDS =
  'found by their words alone: no encoder fits this device now, or another one has embedded them; ' +
  'add the documents again when one fits';
const TOO_LOW = `scores below ${MIN_SCORE} hardly ever say something of it: no model is given such passages, unless it asks for them`;
/** Of a passage, on a terminal. */
const SHOWN_CHARACTERS = 400;

/** `terrace documents search TEXT`. */
export async function searchDocuments(text: string, flags: SearchFlags, signal: AbortSignal): Promise<number> {
  const collection = collectionOf(flags, DEFAULT_COLLECTION);
  return withDocumentsRuntime(flags, async (documents) => {
    const found = await documents.search({ text, collection, top: flags.top ?? TOP }, { signal });
    if (flags.json) printJson({ collection, found });
    else if (found.length === 0) print(`Nothing in the collection "${collection}" says anything of it.`);
    else print(found.map(describe).join('\n\n'));
    if (flags.json) return EXIT.answered;
    if (found.length === 0 && (await documents.list(collection)).length === 0) warn(noneIn(collection));
    if (found.some(({ cosine }) => cosine === undefined)) warn(BY_WORDS);
    else if (found.some(({ score }) => score < MIN_SCORE)) warn(TOO_LOW);
    return EXIT.answered;
  });
}

function describe(found: FoundChunk, index: number): string {
  const { documentId, page, start, end, score, text } = found;
  const place = page === undefined ? `characters ${start} to ${end}` : `page ${page}`;
  const shown = text.replaceAll(/\s+/g, ' ').trim();
  const cut = shown.length > SHOWN_CHARACTERS ? `${shown.slice(0, SHOWN_CHARACTERS)}…` : shown;
  return terminalText(
    `[${index + 1}] ${placeOf(found).join(' › ')}\n    ${documentId.slice(0, 12)}, ${place}, score ${score.toFixed(3)}\n    ${cut}`,
  );
}
