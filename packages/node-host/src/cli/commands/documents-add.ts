import { resolve } from 'node:path';
import { InvalidDocumentError, type DocumentRecord, type Documents } from '@terrace/core/documents';
import { documentFiles, type FoundFile } from '../../documents/document-files.js';
import { notOpened, readDocumentFile } from '../../documents/read-document-file.js';
import { EXIT, exitCodeOf } from '../exit-code.js';
import { describeError, print, printJson } from '../output.js';
import { startProgress } from '../progress.js';
import { terminalText } from '../terminal-text.js';
import { collectionOf, DEFAULT_COLLECTION, type CollectionFlags } from './documents-flags.js';
import { withDocumentsRuntime } from './documents-store.js';

interface Failed {
  readonly path: string;
  readonly error: InvalidDocumentError;
}

/**
 * `terrace documents add PATH...`: a document that cannot be read keeps none of the others from being added.
 * @returns what the first one that failed says, once all others are there
 */
export async function addDocuments(
  paths: readonly string[],
  flags: CollectionFlags,
  signal: AbortSignal,
): Promise<number> {
  const collection = collectionOf(flags, DEFAULT_COLLECTION);
  const added: DocumentRecord[] = [];
  const failed: Failed[] = [];
  await withDocumentsRuntime(flags, async (documents) => {
    for (const path of new Set(paths.map((each) => resolve(each)))) {
      for await (const file of documentFiles(path)) {
        signal.throwIfAborted();
        try {
          const record = await addFile(file, { documents, collection, signal });
          added.push(record);
          if (!flags.json) print(describe(record));
        } catch (error) {
          if (!InvalidDocumentError.isInstance(error)) throw error;
          failed.push({ path: file.path, error });
          if (!flags.json) process.stderr.write(`${terminalText(file.path)}: ${error.message}\n  ${error.hint}\n`);
        }
      }
    }
  });
  if (flags.json)
    printJson({ added, failed: failed.map(({ path, error }) => ({ path, error: describeError(error) })) });
  else if (added.length + failed.length === 0) print('There is no document in it: *.txt, *.md, *.html and *.pdf are.');
  return failed[0] ? exitCodeOf(failed[0].error) : EXIT.answered;
}

async function addFile(
  { path, failure }: FoundFile,
  { documents, collection, signal }: { documents: Documents; collection: string; signal: AbortSignal },
): Promise<DocumentRecord> {
  if (failure !== undefined) throw notOpened(failure);
  const progress = startProgress(`reading ${terminalText(path)}`, process.stderr, 'passages');
  try {
    const read = await readDocumentFile(path, { signal });
    const onProgress = (done: number, chunks: number): void => progress.update(done, chunks);
    return await documents.add({ ...read, collection, source: path }, { signal, onProgress });
  } finally {
    progress.end();
  }
}

function describe({ documentId, title, chunks, pages, encoder }: DocumentRecord): string {
  const size = counted(chunks, 'passage') + (pages === undefined ? '' : ` of ${counted(pages, 'page')}`);
  const byWords =
    encoder === undefined
      ? ', found by their words alone: no encoder fits this device now (add it again when one does)'
      : '';
  return `added ${documentId.slice(0, 12)} ${terminalText(title)}: ${size}${byWords}`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
