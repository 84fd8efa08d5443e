import { afterEach, describe, expect, it } from 'vitest';
import { DOCUMENT_LIMITS } from '../documents/read-document.js';
import type { DocumentChunk, DocumentRecord, DocumentStore, KnownVector } from '../ports/document-store.js';

export const exampleDocument = (changes: Partial<DocumentRecord> = {}): DocumentRecord => ({
  collection: 'default',
  documentId: 'a'.repeat(64),
  title: 'Cards',
  source: '/notes/cards.md',
  mediaType: 'text/markdown',
  characters: 40,
  pages: undefined,
  chunks: 2,
  encoder: 'e'.repeat(64),
  addedAtWallMs: 1000,
  ...changes,
});

/** So many chunks of a record, one after the other, with vectors where it has an encoder. */
export const exampleChunks = (record: DocumentRecord): readonly DocumentChunk[] =>
  Array.from({ length: record.chunks }, (_, index) => ({
    documentId: record.documentId,
    index,
    headings: ['Cards', 'Lost 🙂'],
    text: `Passage ${index} of\n"${record.title}" お金`,
    start: index * 20,
    end: index * 20 + 20,
    page: record.pages === undefined ? undefined : 1,
    contentId: `${record.documentId} ${index}`,
    vector: record.encoder === undefined ? undefined : Float32Array.of(Math.fround(0.1 * (index + 1)), -0.5, 0),
  }));

/** What every DocumentStore does. @param open an empty store */
export function describeDocumentStoreContract(name: string, open: () => Promise<DocumentStore>): void {
  describe(`DocumentStore contract: ${name}`, () => {
    const opened: DocumentStore[] = [];
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
    });
    const openStore = async (): Promise<DocumentStore> => {
      const store = await open();
      opened.push(store);
      return store;
    };
    const put = async (store: DocumentStore, changes: Partial<DocumentRecord> = {}): Promise<DocumentRecord> => {
      const record = exampleDocument(changes);
      await store.put(record, exampleChunks(record));
      return record;
    };
    const pagesOf = async (store: DocumentStore, ...asked: Parameters<DocumentStore['chunks']>) => {
      const pages: (readonly DocumentChunk[])[] = [];
      for await (const page of store.chunks(...asked)) pages.push(page);
      return pages;
    };
    const chunksOf = async (store: DocumentStore, ...asked: Parameters<DocumentStore['chunks']>) =>
      (await pagesOf(store, ...asked)).flat();

    it('is empty at first', async () => {
      const store = await openStore();
      expect(await store.list()).toEqual([]);
      expect(await store.list('default')).toEqual([]);
      expect(await store.get('default', 'a')).toBeUndefined();
      expect(await chunksOf(store, 'default')).toEqual([]);
      expect(await store.remove('default')).toBe(0);
      expect(await store.remove('default', 'a')).toBe(0);
      expect(await store.revision('default')).toBe(0);
    });

    it('gives a document back as it was, its passages in their order', async () => {
      const store = await openStore();
      const record = await put(store, { chunks: 3, pages: 2, addedAtWallMs: 1000.5, title: '"quoted"\n🙂' });
      expect(await store.get('default', record.documentId)).toEqual(record);
      expect(await store.list('default')).toEqual([record]);
      expect(await chunksOf(store, 'default')).toEqual(exampleChunks(record));
      expect(await chunksOf(store, 'default', record.documentId)).toEqual(exampleChunks(record));
      expect(await chunksOf(store, 'default', 'another')).toEqual([]);
    });

    it('keeps a document that is not embedded, and one without a passage', async () => {
      const store = await openStore();
      const plain = await put(store, { encoder: undefined });
      const empty = await put(store, { documentId: 'empty', source: 'empty', chunks: 0, characters: 0 });
      expect(await chunksOf(store, 'default')).toEqual(exampleChunks(plain));
      expect(await store.list('default')).toEqual(expect.arrayContaining([plain, empty]));
    });

    it('shares no memory with who asks', async () => {
      const store = await openStore();
      const record = exampleDocument();
      const chunks = exampleChunks(record);
      await store.put(record, chunks);
      chunks[0]!.vector!.fill(9);
      (await chunksOf(store, 'default'))[0]!.vector!.fill(7);
      expect(await chunksOf(store, 'default')).toEqual(exampleChunks(record));
    });

    it('lists newest first, of one collection or of all', async () => {
      const store = await openStore();
      const first = await put(store, { documentId: 'b', source: 'b', addedAtWallMs: 1 });
      const last = await put(store, { documentId: 'a', source: 'a', addedAtWallMs: 3 });
      const other = await put(store, { collection: 'other', documentId: 'a', addedAtWallMs: 2 });
      expect(await store.list('default')).toEqual([last, first]);
      expect(await store.list()).toEqual([last, other, first]);
      expect(await store.list('none')).toEqual([]);
    });

    it('gives passages in the order documents were added, none of another document in between', async () => {
      const store = await openStore();
      const records = [
        await put(store, { documentId: 'z', source: 'z', chunks: 40 }),
        await put(store, { documentId: 'a', source: 'a', chunks: 3 }),
        await put(store, { documentId: 'm', source: 'm', chunks: 1 }),
      ];
      await put(store, { collection: 'other', documentId: 'q', source: 'q' });
      expect(await chunksOf(store, 'default')).toEqual(records.flatMap(exampleChunks));
    });

    it('lets a reader stop in between, and be slow while documents come and go', async () => {
      const store = await openStore();
      const record = await put(store, { chunks: 100 });
      for await (const page of store.chunks('default')) {
        expect(page[0]!.index).toBe(0);
        break;
      }
      const seen: DocumentChunk[] = [];
      for await (const page of store.chunks('default')) {
        seen.push(...page);
        await store.remove('default');
      }
      // What was removed may end early, but nothing comes twice or out of its order.
      expect(seen).toEqual(exampleChunks(record).slice(0, seen.length));
      expect(await chunksOf(store, 'default')).toEqual([]);
    });

    it('holds a document once, and one of a source: the newest takes its place', async () => {
      const store = await openStore();
      await put(store, { chunks: 4 });
      const moved = await put(store, { source: '/notes/moved.md', chunks: 1, addedAtWallMs: 2000 });
      expect(await store.list('default')).toEqual([moved]);
      expect(await chunksOf(store, 'default')).toEqual(exampleChunks(moved));
      const changed = await put(store, { documentId: 'b', source: '/notes/moved.md', addedAtWallMs: 3000 });
      expect(await store.list('default')).toEqual([changed]);
      expect(await chunksOf(store, 'default')).toEqual(exampleChunks(changed));
    });

    it('keeps a document of two collections apart', async () => {
      const store = await openStore();
      const here = await put(store);
      const there = await put(store, { collection: 'other', title: 'there' });
      expect(await store.get('default', here.documentId)).toEqual(here);
      expect(await store.get('other', here.documentId)).toEqual(there);
      expect(await store.remove('other', here.documentId)).toBe(1);
      expect(await store.list()).toEqual([here]);
      expect(await chunksOf(store, 'default')).toEqual(exampleChunks(here));
    });

    it('embeds a document anew, all of it', async () => {
      const store = await openStore();
      const record = await put(store, { encoder: undefined });
      const other = await put(store, { documentId: 'b', source: 'b' });
      const vectors = [Float32Array.of(1, 0), Float32Array.of(0, 1)];
      await store.embed('default', record.documentId, 'new', vectors);
      expect(await store.get('default', record.documentId)).toEqual({ ...record, encoder: 'new' });
      expect((await chunksOf(store, 'default', record.documentId)).map(({ vector }) => vector)).toEqual(vectors);
      expect(await chunksOf(store, 'default', 'b')).toEqual(exampleChunks(other));
    });

    it('leaves as it is what is embedded but gone, or not the same any more', async () => {
      const store = await openStore();
      const record = await put(store);
      const before = await store.revision('default');
      await store.embed('default', 'gone', 'new', [Float32Array.of(1)]);
      await store.embed('default', record.documentId, 'new', [Float32Array.of(1)]);
      expect(await store.get('default', record.documentId)).toEqual(record);
      expect(await chunksOf(store, 'default')).toEqual(exampleChunks(record));
      expect(await store.revision('default')).toBe(before);
    });

    it('knows vectors by what they were made of, in every collection and of drafts, by each encoder', async () => {
      const store = await openStore();
      expect(await store.vectorsOf(['a'])).toEqual([]);
      const draft = (contentId: string, encoder: string): KnownVector => ({
        contentId,
        encoder,
        vector: Float32Array.of(0.5, 0.25),
      });
      const record = exampleDocument({ documentId: 'a', source: 'a', encoder: 'one' });
      const chunks = exampleChunks(record);
      await store.put(record, chunks);
      await store.put({ ...record, collection: 'other' }, chunks);
      await put(store, { documentId: 'plain', source: 'plain', encoder: undefined });
      await store.draft([draft('a 0', 'two'), draft('b 0', 'one'), draft('b 1', 'one')]);
      await store.draft([draft('b 0', 'one')]);
      const known = await store.vectorsOf(['a 0', 'b 0', 'plain 0', 'none', 'a 0']);
      expect(
        known.toSorted((a, b) => `${a.contentId}${a.encoder}`.localeCompare(`${b.contentId}${b.encoder}`)),
      ).toEqual([
        { contentId: 'a 0', encoder: 'one', vector: chunks[0]!.vector },
        draft('a 0', 'two'),
        draft('b 0', 'one'),
      ]);
      expect(await store.list('b')).toEqual([]);
    });

    it('keeps drafts until their document is there or a whole collection goes, and the newest alone', async () => {
      const store = await openStore();
      const draft = (contentId: string): KnownVector => ({ contentId, encoder: 'one', vector: Float32Array.of(1) });
      const known = async (...contentIds: string[]) =>
        (await store.vectorsOf(contentIds)).map((each) => each.contentId);
      await store.draft([draft('b 0'), draft('c')]);
      const record = await put(store, { documentId: 'b', source: 'b', encoder: undefined });
      expect(await known('b 0', 'c')).toEqual(['c']);
      const before = await store.revision('default');
      await store.remove('default', record.documentId);
      expect(await known('c')).toEqual(['c']);
      await store.draft(Array.from({ length: DOCUMENT_LIMITS.passages }, (_, i) => draft(`${i}`)));
      expect(await known('c', '0', `${DOCUMENT_LIMITS.passages - 1}`)).toHaveLength(2);
      const after = await store.revision('default');
      expect(after).toBeGreaterThan(before);
      await store.remove('default');
      expect(await known('0')).toEqual([]);
      expect(await store.revision('default')).toBe(after);
    });

    it('removes one, or a collection, and says how many', async () => {
      const store = await openStore();
      const first = await put(store);
      await put(store, { documentId: 'b', source: 'b' });
      await put(store, { documentId: 'c', source: 'c' });
      expect(await store.remove('default', first.documentId)).toBe(1);
      expect(await store.remove('default', first.documentId)).toBe(0);
      expect(await store.get('default', first.documentId)).toBeUndefined();
      expect(await chunksOf(store, 'default', first.documentId)).toEqual([]);
      expect(await store.remove('default')).toBe(2);
      expect(await store.list()).toEqual([]);
    });

    it('has a revision of each collection that grows with every change of it and with none of another', async () => {
      const store = await openStore();
      const seen = [0];
      const grew = async (): Promise<void> => {
        const now = await store.revision('default');
        expect(now).toBeGreaterThan(seen.at(-1)!);
        seen.push(now);
      };
      const record = await put(store);
      await grew();
      await put(store);
      await grew();
      await store.embed('default', record.documentId, 'new', [Float32Array.of(1), Float32Array.of(1)]);
      await grew();
      await store.remove('default', record.documentId);
      await grew();
      // It never starts anew: what was read of the collection before would be taken for what is there now.
      await put(store);
      await grew();
      await store.remove('default');
      await grew();
      await put(store, { collection: 'other' });
      await store.remove('default', 'gone');
      expect(await store.revision('default')).toBe(seen.at(-1));
    });
  });
}
