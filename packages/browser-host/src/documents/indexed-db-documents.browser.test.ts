import type { DocumentChunk } from '@terrace/core/documents';
import { describeDocumentStoreContract, exampleChunks, exampleDocument } from '@terrace/core/testing';
import { expect, it, onTestFinished } from 'vitest';
import { openConnection } from '../indexed-db/open-connection.js';
import { systemClock } from '../system-clock.js';
import { DOCUMENTS_MIGRATIONS } from './documents-schema.js';
import { openIndexedDbDocuments } from './indexed-db-documents.js';

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;
const open = (name = newName()) =>
  openIndexedDbDocuments({ name, clock: systemClock, onWarning: (warning) => expect.unreachable(warning.message) });

describeDocumentStoreContract('IndexedDB', async () => open());

it('has no database before there is a document, and shares it with other tabs then', async () => {
  const name = newName();
  const [one, other] = [open(name), open(name)];
  onTestFinished(async () => void (await Promise.all([one.close(), other.close()])));
  expect([await one.list(), await one.remove('default'), await one.revision('default')]).toEqual([[], 0, 0]);
  expect((await indexedDB.databases()).map((each) => each.name)).not.toContain(name);
  const record = exampleDocument({ chunks: 600 });
  await one.put(record, exampleChunks(record));
  expect(await other.list()).toEqual([record]);
  const pages: number[] = [];
  for await (const page of other.chunks('default')) pages.push(page.length);
  expect(pages).toEqual([256, 256, 88]);
});

it('stores a vector without the others that it lies beside', async () => {
  const store = open();
  onTestFinished(() => store.close());
  const record = exampleDocument({ chunks: 1 });
  const [chunk] = exampleChunks(record);
  await store.put(record, [{ ...chunk!, vector: new Float32Array(100_000).subarray(3, 6) }]);
  for await (const page of store.chunks('default')) expect(page[0]!.vector!.buffer.byteLength).toBe(12);
});

it('keeps nothing of a document that cannot be kept whole', async () => {
  const store = open();
  onTestFinished(() => store.close());
  const record = exampleDocument();
  await store.put(record, exampleChunks(record));
  const [first] = exampleChunks(record);
  await expect(store.put({ ...record, title: 'new' }, [first!, first!])).rejects.toMatchObject({
    code: 'STORAGE_FAILED',
  });
  expect(await store.list()).toEqual([record]);
});

it('finds what an older version has kept, tells it by no content, and knows what is added to it', async () => {
  const name = newName();
  const older = await openConnection(name, 1, {
    upgrade: (transaction) => DOCUMENTS_MIGRATIONS[0]!(transaction.db, transaction),
    onUnwanted: () => undefined,
  });
  const record = exampleDocument({ chunks: 1 });
  const [{ contentId: _, ...chunk }] = exampleChunks(record) as [DocumentChunk];
  const writing = older.transaction(['documents', 'chunks'], 'readwrite');
  writing.objectStore('documents').add(record);
  writing.objectStore('chunks').add(chunk, [1, 0]);
  await new Promise((resolve) => writing.addEventListener('complete', resolve));
  older.close();
  const store = open(name);
  onTestFinished(() => store.close());
  expect(await store.list()).toEqual([record]);
  for await (const page of store.chunks('default')) expect(page).toMatchObject([chunk]);
  const added = exampleDocument({ documentId: 'new', source: 'new', encoder: 'one', chunks: 1 });
  await store.put(added, exampleChunks(added));
  expect(await store.vectorsOf([`${record.documentId} 0`, 'new 0'])).toMatchObject([{ contentId: 'new 0' }]);
});
