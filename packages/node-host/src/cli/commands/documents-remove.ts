import { rm } from 'node:fs/promises';
import { InvalidRequestError } from '@terrace/core';
import type { DocumentRecord, DocumentStore } from '@terrace/core/documents';
import { documentsFile } from '../../documents/documents-file.js';
import { quarantined } from '../../sqlite/quarantine.js';
import { EXIT } from '../exit-code.js';
import { print, printJson, warn } from '../output.js';
import { readSettings } from '../settings.js';
import { collectionOf, DEFAULT_COLLECTION, type RemoveDocumentsFlags } from './documents-flags.js';
import { withDocumentStore } from './documents-store.js';

/** `terrace documents remove ID...`, or `--all`: passages and vectors are overwritten; the files stay where they are. */
export async function removeDocuments(ids: readonly string[], flags: RemoveDocumentsFlags): Promise<number> {
  if (ids.length > 0 === (flags.all === true)) {
    throw new InvalidRequestError({
      message: 'What to remove is missing, or there is too much of it.',
      hint: 'Write `terrace documents remove ID`, or `--all` with or without --collection.',
    });
  }
  const collection = collectionOf(flags, undefined);
  return withDocumentStore(flags, async (store) => {
    const documents = await store.list(collection);
    // Nothing is removed where one of the ids is wrong.
    const chosen = flags.all ? undefined : ids.map((id) => documentNamed(id, documents));
    const removed = chosen
      ? await removeEach(chosen, store)
      : await removeAll(documents, collection ?? DEFAULT_COLLECTION, store);
    if (flags.all && collection === undefined) await removeDamaged(flags);
    else await tellDamaged(flags);
    if (flags.json) printJson({ removed });
    else print(`removed ${removed} ${removed === 1 ? 'document' : 'documents'}`);
    return EXIT.answered;
  });
}

async function removeEach(chosen: readonly DocumentRecord[], store: DocumentStore): Promise<number> {
  let removed = 0;
  for (const { collection, documentId } of chosen) removed += await store.remove(collection, documentId);
  return removed;
}

/** @param collection also where it has no document: what was cut off goes with it */
async function removeAll(
  documents: readonly DocumentRecord[],
  collection: string,
  store: DocumentStore,
): Promise<number> {
  let removed = 0;
  for (const name of new Set([collection, ...documents.map((each) => each.collection)]))
    removed += await store.remove(name);
  return removed;
}

/** @throws InvalidRequestError where none or several begin so */
function documentNamed(id: string, documents: readonly DocumentRecord[]): DocumentRecord {
  const found = id === '' ? [] : documents.filter(({ documentId }) => documentId.startsWith(id));
  const [first, ...others] = found;
  if (first && others.length === 0) return first;
  const collections = new Set(found.map(({ collection }) => collection));
  const shown = id.slice(0, 64);
  throw new InvalidRequestError({
    message: first ? `Several documents begin with ${shown}.` : `There is no document ${shown}.`,
    hint:
      first && collections.size > 1
        ? `Say which one with --collection: ${[...collections].join(', ')}.`
        : 'See `terrace documents list --json` for whole ids.',
    facts: { document: shown },
  });
}

const damagedFiles = async (flags: RemoveDocumentsFlags): Promise<string[]> =>
  quarantined(documentsFile((await readSettings(flags)).home));

async function removeDamaged(flags: RemoveDocumentsFlags): Promise<void> {
  for (const file of await damagedFiles(flags))
    for (const suffix of ['-wal', '-shm', '']) await rm(file + suffix, { force: true });
}

async function tellDamaged(flags: RemoveDocumentsFlags): Promise<void> {
  for (const file of await damagedFiles(flags))
    warn(`${file} is damaged and may hold such texts: \`terrace documents remove --all\` removes it`);
}
