import { InvalidDocumentError } from '../errors/invalid-document-error.js';
import { DOCUMENT_LIMITS, type ReadDocument } from './read-document.js';

/** @throws InvalidDocumentError where it is over a bound, has no text, or where its blocks are not parts of it, in order */
export function checkDocument({ text, blocks, pages }: ReadDocument): void {
  const { characters, pages: mostPages } = DOCUMENT_LIMITS;
  if (text.length > characters) throw tooLong('characters', text.length, characters);
  if ((pages ?? 0) > mostPages) throw tooLong('pages', pages ?? 0, mostPages);
  if (text.trim() === '') throw noText();
  let last = 0;
  for (const { start, end } of blocks) {
    if (!(Number.isInteger(start) && Number.isInteger(end) && last <= start && start <= end && end <= text.length)) {
      throw new InvalidDocumentError({
        message: `A block of the document goes from ${start} to ${end}: that is no part of its text, or not in order.`,
        hint: 'Read it with a reader that says where its blocks are.',
        facts: { start, end },
      });
    }
    last = end;
  }
}

/** @throws InvalidDocumentError */
export function checkPassages(passages: number): void {
  if (passages === 0) throw noText();
  if (passages > DOCUMENT_LIMITS.passages) throw tooLong('passages', passages, DOCUMENT_LIMITS.passages);
}

const noText = (): InvalidDocumentError =>
  new InvalidDocumentError({
    message: 'The document has no text.',
    hint: 'Where it is scanned pictures of pages, add what a text recognition made of it.',
  });

const tooLong = (unit: string, count: number, limit: number): InvalidDocumentError =>
  new InvalidDocumentError({
    message: `The document has more than ${limit} ${unit}.`,
    hint: 'Add it in parts, or only the part that matters.',
    facts: { unit, count, limit },
  });
