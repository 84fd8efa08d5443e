import { describe, expect, it } from 'vitest';
import { InvalidDocumentError } from '../../errors/invalid-document-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { DocumentChunk } from '../../ports/document-store.js';
import { createMemoryDocumentStore } from '../../testing/memory-document-store.js';
import type { Documents } from './documents-face.js';
import { documentToAdd, documentsWorld } from './testing/documents-world.js';

const search = (documents: Documents, text: string, top = 3) => documents.search({ text, collection: 'default', top });
const textsOf = async (documents: Documents, text: string): Promise<string[]> =>
  (await search(documents, text)).map((found) => found.text);
const CARDS = ['# Lost cards', 'Freeze a lost card at once.', '# Fees', 'A transfer has a fee of two euros.'];
const many = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `# Part ${i}\n`).flatMap((h, i) => [
    h.trim(),
    `Passage ${i} about matter${i}.`,
  ]);

describe('documents', () => {
  it('are found by words and meaning, with their place', async () => {
    const { documents } = documentsWorld();
    const added = documentToAdd(CARDS);
    const record = await documents.add(added);
    expect(record).toMatchObject({ title: 'cards.md', chunks: 2, encoder: 'one', characters: added.text.length });
    const [first, second] = await search(documents, 'I lost my card');
    expect(first).toMatchObject({
      documentId: record.documentId,
      title: 'cards.md',
      chunk: 0,
      headings: ['Lost cards'],
    });
    expect(added.text.slice(first!.start, first!.end)).toBe('Freeze a lost card at once.');
    expect(first!.text).toBe('Freeze a lost card at once.');
    expect(first!.cosine).toBeGreaterThan(second!.cosine!);
    expect(first!.bm25).toBeGreaterThan(0);
    expect(await textsOf(documents, 'lost cards heading')).toEqual(expect.arrayContaining([first!.text]));
  });

  it('are told from each other by text and title, and are there once', async () => {
    const { documents, fake } = documentsWorld();
    const first = await documents.add(documentToAdd(CARDS));
    const calls = fake.calls.length;
    expect(await documents.add(documentToAdd(CARDS))).toEqual(first);
    // No passage is embedded again: a title tells by which encoder it would be.
    expect(fake.calls.slice(calls)).toEqual([['cards.md']]);
    const moved = await documents.add(documentToAdd(CARDS, '/other/cards.md'));
    expect(moved.documentId).toBe(first.documentId);
    expect(await documents.list()).toEqual([moved]);
    const changed = await documents.add(documentToAdd(['Anything else.'], '/other/cards.md'));
    expect(changed.documentId).not.toBe(first.documentId);
    expect(await documents.list('default')).toEqual([changed]);
    expect(await textsOf(documents, 'lost card')).toEqual(['Anything else.']);
  });

  it('are seen by searches as soon as they are there, changed or gone, whoever changes them', async () => {
    const store = createMemoryDocumentStore();
    const [here, there] = [documentsWorld({ store }).documents, documentsWorld({ store }).documents];
    expect(await search(here, 'card')).toEqual([]);
    const { documentId } = await there.add(documentToAdd(CARDS));
    expect(await textsOf(here, 'lost card')).toHaveLength(2);
    await there.add(documentToAdd(['A loan.'], 'loan'));
    expect((await textsOf(here, 'a loan'))[0]).toBe('A loan.');
    expect(await there.remove('default', documentId)).toBe(1);
    expect(await textsOf(here, 'lost card')).toEqual(['A loan.']);
    expect(await here.remove('default')).toBe(1);
    expect(await search(there, 'loan')).toEqual([]);
  });

  it('of one collection are not found in another', async () => {
    const { documents } = documentsWorld();
    await documents.add(documentToAdd(CARDS, 'a', 'private'));
    expect(await search(documents, 'lost card')).toEqual([]);
    expect(await documents.search({ text: 'lost card', collection: 'private', top: 1 })).toHaveLength(1);
  });

  it('are read once for many searches, and again only where something changed', async () => {
    const store = createMemoryDocumentStore();
    let reads = 0;
    const counted = {
      ...store,
      chunks: (...asked: Parameters<typeof store.chunks>) => (reads++, store.chunks(...asked)),
    };
    const { documents } = documentsWorld({ store: counted });
    for (let i = 0; i < 5; i++) await documents.add(documentToAdd([`Document ${i}.`], `${i}`));
    await Promise.all([search(documents, 'document'), search(documents, 'document'), search(documents, '3')]);
    expect(reads).toBe(1);
    await documents.add(documentToAdd(['One more.'], 'more'));
    expect((await textsOf(documents, 'one more'))[0]).toBe('One more.');
    expect(reads).toBe(2);
  });

  it('are found once where another process adds one again behind the others while they are read', async () => {
    const store = createMemoryDocumentStore();
    const { documents: there } = documentsWorld({ store });
    const { documentId } = await there.add(documentToAdd(CARDS));
    await there.add(documentToAdd(['A loan.'], 'loan'));
    let isFirst = true;
    const inOrder: typeof store.chunks = async function* (...asked) {
      yield* store.chunks(...asked);
      if (!isFirst) return;
      isFirst = false;
      await there.add(documentToAdd(CARDS));
      yield* store.chunks('default', documentId);
    };
    const { documents: here } = documentsWorld({ store: { ...store, chunks: inOrder } });
    for (let i = 0; i < 2; i++) {
      const texts = (await search(here, 'lost card fee loan', 10)).map(({ text }) => text);
      expect(texts.toSorted()).toEqual([
        'A loan.',
        'A transfer has a fee of two euros.',
        'Freeze a lost card at once.',
      ]);
    }
  });

  it('are added whole or not at all: an abort leaves nothing', async () => {
    const { documents, fake, store } = documentsWorld();
    const control = new AbortController();
    const told: [number, number][] = [];
    const adding = documents.add(documentToAdd(many(40)), {
      signal: control.signal,
      onProgress(done, chunks) {
        told.push([done, chunks]);
        if (done === 32) control.abort(new Error('enough'));
      },
    });
    await expect(adding).rejects.toThrow('enough');
    expect(told).toEqual([
      [16, 40],
      [32, 40],
    ]);
    expect(await store.list()).toEqual([]);
    expect(await store.revision('default')).toBe(0);
    expect(fake.calls.every((texts) => texts.length <= 16)).toBe(true);
  });

  it('go on where they were cut off when they are added again', async () => {
    const { documents, fake, store } = documentsWorld();
    const add = (paragraphs: readonly string[], most = Infinity) => {
      const control = new AbortController();
      const onProgress = (done: number): void => {
        if (done >= most) control.abort(new Error('enough'));
      };
      return documents.add(documentToAdd(paragraphs), { signal: control.signal, onProgress });
    };
    await expect(add(many(40), 32)).rejects.toThrow('enough');
    const before = fake.calls.length;
    const record = await add(many(40));
    expect(fake.calls.slice(before).map((texts) => texts.length)).toEqual([8]);
    expect(record).toMatchObject({ chunks: 40, encoder: 'one' });
    expect(await store.list()).toEqual([record]);
    const [found] = await search(documents, 'matter35');
    expect(found).toMatchObject({ text: 'Passage 35 about matter35.', cosine: expect.any(Number) });

    // Another encoder begins anew.
    const others = many(39).map((text) => `${text} again`);
    await expect(add(others, 16)).rejects.toThrow('enough');
    fake.encoder = 'two';
    const again = fake.calls.length;
    expect(await add(others)).toMatchObject({ encoder: 'two' });
    expect(fake.calls.slice(again).map((texts) => texts.length)).toEqual([16, 16, 7]);
  });

  it('go on in another process where this one was killed: at most 64 passages are embedded again', async () => {
    const store = createMemoryDocumentStore();
    const killed = documentsWorld({ store: { ...store, put: () => new Promise<never>(() => undefined) } });
    await new Promise<void>((resolve) => {
      const onProgress = (done: number): void => void (done === 120 && resolve());
      void killed.documents.add(documentToAdd(many(120)), { onProgress });
    });
    const { documents, fake } = documentsWorld({ store });
    await documents.add(documentToAdd(many(120)));
    expect(fake.calls.flat()).toHaveLength(120 - 64);
    expect(await textsOf(documents, 'matter7')).toContain('Passage 7 about matter7.');
  });

  it('with passages that are there already embed the others alone, and one where all are there', async () => {
    const { documents, fake } = documentsWorld();
    const embeddedBy = async (
      paragraphs: readonly string[],
      source: string,
      collection?: string,
    ): Promise<string[]> => {
      const before = fake.calls.length;
      await documents.add(documentToAdd(paragraphs, source, collection));
      return fake.calls.slice(before).flat();
    };
    expect(await embeddedBy(CARDS, '/a/cards.md')).toHaveLength(2);
    expect(await embeddedBy(CARDS, '/b/renamed.md')).toHaveLength(1);
    expect(await embeddedBy(CARDS, '/a/cards.md', 'other')).toHaveLength(1);
    expect(await embeddedBy([...CARDS, '# Loans', 'A loan.'], '/c/more.md')).toEqual(['Loans\nA loan.']);
    expect(await documents.list('default')).toHaveLength(3);
    const [found] = await documents.search({ text: 'a loan', collection: 'default', top: 1 });
    expect(found).toMatchObject({ title: 'more.md', text: 'A loan.', cosine: expect.any(Number) });

    // Nor twice where it stands twice in a document.
    const page = Array.from({ length: 40 }, () => ['# Notice', 'All rights reserved.']).flat();
    expect(await embeddedBy(page, '/f/notices.md')).toEqual(['Notice\nAll rights reserved.']);
    expect((await documents.list('default'))[0]).toMatchObject({ title: 'notices.md', chunks: 40 });
    expect(await documents.search({ text: 'rights reserved', collection: 'default', top: 3 })).toMatchObject(
      [0, 1, 2].map(() => ({ text: 'All rights reserved.', cosine: expect.any(Number) })),
    );

    // By another encoder nothing of it is there.
    fake.encoder = 'two';
    expect(await embeddedBy(CARDS, '/d/cards.md')).toHaveLength(2);
    expect(await embeddedBy(CARDS, '/e/renamed.md')).toHaveLength(1);
  });

  it('stand by their words until an encoder is there, which embeds them', async () => {
    const { documents, fake, store } = documentsWorld();
    fake.encoder = undefined;
    const record = await documents.add(documentToAdd(CARDS));
    expect(record.encoder).toBeUndefined();
    const [found] = await search(documents, 'lost card');
    expect(found).toMatchObject({ text: 'Freeze a lost card at once.', cosine: undefined });
    fake.encoder = 'one';
    expect((await search(documents, 'lost card'))[0]!.cosine).toBeUndefined();
    await expect.poll(async () => (await store.list())[0]!.encoder).toBe('one');
    expect((await search(documents, 'lost card'))[0]!.cosine).toBeGreaterThan(0.5);
  });

  it('are embedded anew where the encoder is another, by words alone meanwhile, and not all the time', async () => {
    const { documents, fake, store, clock } = documentsWorld();
    await documents.add(documentToAdd(CARDS));
    await documents.add(documentToAdd(many(20), 'many'));
    fake.encoder = 'two';
    expect((await search(documents, 'lost card'))[0]!.cosine).toBeUndefined();
    await expect.poll(async () => (await store.list()).map(({ encoder }) => encoder)).toEqual(['two', 'two']);
    expect((await search(documents, 'lost card'))[0]!.cosine).toBeGreaterThan(0.5);
    fake.encoder = 'one';
    const calls = fake.calls.length;
    expect((await search(documents, 'lost card'))[0]!.cosine).toBeUndefined();
    await Promise.resolve();
    expect(fake.calls).toHaveLength(calls + 1);
    clock.advance(10 * 60_000);
    await search(documents, 'lost card');
    await expect.poll(async () => (await store.list()).map(({ encoder }) => encoder)).toEqual(['one', 'one']);
  });

  it('that are added again are embedded by the encoder that is there now, and stay where none is', async () => {
    const { documents, fake } = documentsWorld();
    const first = await documents.add(documentToAdd(CARDS));
    fake.encoder = undefined;
    expect(await documents.add(documentToAdd(CARDS))).toEqual(first);
    fake.encoder = new Error('broken');
    expect(await documents.add(documentToAdd(CARDS))).toEqual(first);
    fake.encoder = 'two';
    expect(await documents.add(documentToAdd(CARDS))).toMatchObject({ encoder: 'two' });
    expect((await search(documents, 'lost card'))[0]!.cosine).toBeDefined();
  });

  it('are embedded by one encoder, though it is replaced meanwhile', async () => {
    const { documents, fake } = documentsWorld();
    fake.before = () => {
      if (fake.calls.length === 1) fake.encoder = 'two';
    };
    expect((await documents.add(documentToAdd(many(40)))).encoder).toBe('two');
    expect((await search(documents, 'matter7'))[0]).toMatchObject({ text: 'Passage 7 about matter7.' });
    fake.before = () => void (fake.encoder = `${fake.calls.length}`);
    await expect(documents.add(documentToAdd(many(40), 'again'))).rejects.toThrow('replaced twice');
    expect(await documents.list()).toHaveLength(1);
  });

  it('are found by words where the encoder breaks, and that is told', async () => {
    const { documents, fake, failures } = documentsWorld();
    await documents.add(documentToAdd(CARDS));
    fake.encoder = new Error('broken');
    expect((await search(documents, 'lost card'))[0]).toMatchObject({ cosine: undefined, chunk: 0 });
    expect(failures).toEqual([fake.encoder]);
    await expect(documents.add(documentToAdd(many(3), 'new'))).rejects.toThrow('broken');
    expect(await documents.list()).toHaveLength(1);
  });

  it('with a damaged vector are embedded anew', async () => {
    const store = createMemoryDocumentStore();
    const { documents } = documentsWorld({ store });
    const record = await documents.add(documentToAdd(CARDS));
    const chunks: DocumentChunk[] = [];
    for await (const page of store.chunks('default')) chunks.push(...page);
    const damaged = [new Float32Array(1021).fill(NaN), new Float32Array(3), undefined];
    for (const vector of damaged) {
      await store.put(
        record,
        chunks.map((chunk) => ({ ...chunk, vector })),
      );
      const { documents: fresh } = documentsWorld({ store });
      expect((await search(fresh, 'lost card'))[0]).toMatchObject({ chunk: 0, cosine: undefined });
      await expect.poll(async () => (await search(fresh, 'lost card'))[0]!.cosine).toBeGreaterThan(0.5);
    }
  });

  it('that are removed while a search runs do it no harm', async () => {
    const { documents, fake } = documentsWorld();
    const { documentId } = await documents.add(documentToAdd(many(100)));
    await search(documents, 'matter7');
    const removing: Promise<number>[] = [];
    fake.before = () => void removing.push(documents.remove('default', documentId));
    expect((await textsOf(documents, 'matter7'))[0]).toBe('Passage 7 about matter7.');
    expect(await Promise.all(removing)).toEqual([1]);
    fake.before = undefined;
    expect(await textsOf(documents, 'matter7')).toEqual([]);
  });

  it('come and go beside searches, and are found as what is left says', async () => {
    const { documents } = documentsWorld();
    await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const { documentId } = await documents.add(
          documentToAdd(
            many(4).map((text) => `${text} of${i}`),
            `${i}`,
          ),
        );
        expect((await textsOf(documents, `of${i}`)).length).toBeGreaterThan(0);
        if (i % 2 === 0) await documents.remove('default', documentId);
      }),
    );
    const found = await documents.search({ text: 'passage', collection: 'default', top: 64 });
    expect(found).toHaveLength(60);
    expect(found.every(({ text }) => Number(/of(\d+)$/.exec(text)![1]) % 2 === 1)).toBe(true);
  });

  it('are refused where they are empty, too long or no document, in words that say why', async () => {
    const { documents, store } = documentsWorld();
    const add = (changes: object) => documents.add({ ...documentToAdd(CARDS), ...changes });
    const block = { kind: 'paragraph', level: undefined, page: undefined } as const;
    for (const [changes, reason] of [
      [{ text: ' \n\t ', blocks: [] }, 'no text'],
      [{ blocks: [{ ...block, start: 0, end: 0 }] }, 'no text'],
      [{ text: 'x'.repeat(8_000_001) }, '8000000 characters'],
      [{ pages: 5001 }, '5000 pages'],
      [
        {
          blocks: [
            { ...block, start: 5, end: 9 },
            { ...block, start: 2, end: 4 },
          ],
        },
        'not in order',
      ],
      [{ blocks: [{ ...block, start: 0, end: 1e9 }] }, 'no part of its text'],
    ] as const) {
      await expect(add(changes)).rejects.toThrow(InvalidDocumentError);
      await expect(add(changes)).rejects.toThrow(reason);
    }
    for (const collection of ['', 'A', '../up', 'x'.repeat(65)]) {
      await expect(add({ collection })).rejects.toThrow(InvalidRequestError);
      await expect(documents.search({ text: 'a', collection, top: 1 })).rejects.toThrow('"collection"');
      await expect(documents.remove(collection)).rejects.toThrow(InvalidRequestError);
      await expect(documents.list(collection)).rejects.toThrow(InvalidRequestError);
    }
    for (const top of [0, 1.5, 65, NaN]) await expect(search(documents, 'a', top)).rejects.toThrow('"top"');
    expect(await store.list()).toEqual([]);
  });

  it('that are nothing but headings have a bound on their passages', async () => {
    const { documents } = documentsWorld();
    const text = '#\n'.repeat(20_001);
    const blocks = Array.from({ length: 20_001 }, (_, i) => {
      return { kind: 'heading', level: 1, page: undefined, start: 2 * i, end: 2 * i + 1 } as const;
    });
    await expect(documents.add({ ...documentToAdd([]), text, blocks })).rejects.toThrow('20000 passages');
  });

  it('of a reader that knows no blocks are one block, and empty questions find nothing', async () => {
    const { documents } = documentsWorld();
    await documents.add({ ...documentToAdd([]), text: 'Freeze a lost card.', title: ' A\u0000 long\n\u202etitle ' });
    expect((await documents.list())[0]!.title).toBe('A long title');
    expect(await textsOf(documents, 'card')).toEqual(['Freeze a lost card.']);
    for (const text of ['', ' \n']) expect(await search(documents, text)).toEqual([]);
    expect(await textsOf(documents, 'x '.repeat(100_000))).toHaveLength(1);
  });

  it('end their work in the background when they are closed', async () => {
    const { documents, fake, failures, store } = documentsWorld();
    await documents.add(documentToAdd(many(40)));
    fake.encoder = 'two';
    await search(documents, 'matter7');
    await documents.close();
    expect(failures).toEqual([]);
    expect((await store.list())[0]!.encoder).toBe('one');
  });
});
