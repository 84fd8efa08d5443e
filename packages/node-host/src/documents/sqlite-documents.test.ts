import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { StorageError } from '@terrace/core';
import type { DocumentChunk } from '@terrace/core/documents';
import { describeDocumentStoreContract, exampleChunks, exampleDocument } from '@terrace/core/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteQueue } from '../queue/sqlite-queue.js';
import { systemClock } from '../system-clock.js';
import { PrivateDatabase } from '../sqlite/private-database.js';
import { documentsSchema } from './documents-schema.js';
import { createLazyDocuments } from './lazy-documents.js';
import { openSqliteDocuments, pageOfChunks } from './sqlite-documents.js';

const folders: string[] = [];
const newFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'terrace-documents-'));
  folders.push(folder);
  return join(folder, 'state', 'documents.db');
};
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));
const clock = { wallMs: () => 10_000 };

const lazy = (file: string, warnings: StorageError[] = []) =>
  createLazyDocuments({ file, clock, onWarning: (warning) => warnings.push(warning) });

describeDocumentStoreContract('SQLite', () => openSqliteDocuments({ file: newFile(), clock }));
describeDocumentStoreContract('SQLite, made when it is needed', async () => lazy(newFile()));

async function all(pages: AsyncGenerator<readonly DocumentChunk[]>): Promise<DocumentChunk[]> {
  const chunks: DocumentChunk[] = [];
  for await (const page of pages) chunks.push(...page);
  return chunks;
}

describe('documents in SQLite', () => {
  it('are there for the next start, and for another process', async () => {
    const file = newFile();
    const [one, two] = [await openSqliteDocuments({ file, clock }), await openSqliteDocuments({ file, clock })];
    const record = exampleDocument();
    const before = await two.revision('default');
    await one.put(record, exampleChunks(record));
    expect(await two.revision('default')).toBeGreaterThan(before);
    expect(await all(two.chunks('default'))).toEqual(exampleChunks(record));
    for (const each of [one, two]) await each.close();
    const again = await openSqliteDocuments({ file, clock });
    expect(await again.list()).toEqual([record]);
    await again.close();
  });

  it.each([true, false])(
    'are read in the order they lie in: a page sorts nothing (of one document: %s)',
    async (isOne) => {
      const database = await PrivateDatabase.open(newFile(), documentsSchema);
      const plan = await database.rows(`EXPLAIN QUERY PLAN ${pageOfChunks(isOne)}`, [
        'default',
        isOne ? 'a' : null,
        3,
        5,
        256,
      ]);
      await database.close();
      expect(plan.map((row) => String(row['detail']))).toEqual([
        expect.stringMatching(/^SEARCH documents USING .*rowid>\?/),
        expect.stringMatching(/^SEARCH chunks USING PRIMARY KEY \(document=\? AND position>\?\)/),
      ]);
    },
  );

  it('come in pages, however long a document is', async () => {
    const store = await openSqliteDocuments({ file: newFile(), clock });
    const record = exampleDocument({ chunks: 600 });
    await store.put(record, exampleChunks(record));
    const pages: number[] = [];
    for await (const page of store.chunks('default')) pages.push(page.length);
    expect(pages).toEqual([256, 256, 88]);
    await store.close();
  });

  it('can be read by their owner alone, and are nowhere any more once they are removed', async () => {
    const file = newFile();
    const store = await openSqliteDocuments({ file, clock });
    const record = exampleDocument({ title: 'my secret title', chunks: 300 });
    await store.put(record, exampleChunks(record));
    for (const each of [file, `${file}-wal`]) expect(statSync(each).mode & 0o077).toBe(0);
    await store.remove('default', record.documentId);
    await store.close();
    expect(readFileSync(file, 'latin1')).not.toContain('secret');
  });

  it('keep nothing of a document that cannot be kept whole', async () => {
    const store = await openSqliteDocuments({ file: newFile(), clock });
    const record = exampleDocument();
    const [first] = exampleChunks(record);
    await expect(store.put(record, [first!, first!])).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(await store.list()).toEqual([]);
    await store.put(record, exampleChunks(record));
    await expect(store.put({ ...record, title: 'new' }, [first!, first!])).rejects.toMatchObject({
      facts: { fault: 'entry' },
    });
    expect(await store.list()).toEqual([record]);
    await store.close();
  });

  it('of a file that an older version has made are found, and told by no content', async () => {
    const file = newFile();
    const migrations = documentsSchema.migrations.slice(0, 1);
    const older = await PrivateDatabase.open(file, { ...documentsSchema, migrations });
    await older.write('add to', async (transaction) => {
      await transaction.execute(
        "INSERT INTO documents VALUES (1, 'default', 'old', 't', 's', 'text/plain', 1, NULL, 1, 'one', 1)",
      );
      await transaction.execute("INSERT INTO chunks VALUES (1, 0, '[]', 'kept', 0, 4, NULL, x'0000803f')");
    });
    await older.close();
    const store = await openSqliteDocuments({ file, clock });
    expect(await all(store.chunks('default'))).toMatchObject([
      { text: 'kept', contentId: undefined, vector: Float32Array.of(1) },
    ]);
    await store.close();
  });

  it('are not looked for in a file of something else', async () => {
    const file = newFile();
    await (await openSqliteQueue({ file, clock: systemClock })).close();
    await expect(openSqliteDocuments({ file, clock })).rejects.toMatchObject({
      facts: { sqliteCode: 'NOT_A_DOCUMENT_STORE' },
    });
  });

  it('begin anew where their file is damaged, which is set aside, and say a revision that was never said', async () => {
    const file = newFile();
    const first = lazy(file);
    const record = exampleDocument();
    await first.put(record, exampleChunks(record));
    const said = await first.revision('default');
    await first.close();
    writeFileSync(file, 'this is no database, and long enough to be looked at as one. '.repeat(40));
    const warnings: StorageError[] = [];
    const later = createLazyDocuments({
      file,
      clock: { wallMs: () => 20_000 },
      onWarning: (each) => warnings.push(each),
    });
    expect(await later.list()).toEqual([]);
    await later.put(record, exampleChunks(record));
    expect(await later.revision('default')).toBeGreaterThan(said);
    expect(warnings).toHaveLength(1);
    expect(readFileSync(String(warnings[0]!.facts['aside']), 'latin1')).toContain('this is no database');
    await later.close();
  });

  it('are made in no file by whoever only asks', async () => {
    const file = newFile();
    const store = lazy(file);
    expect(await store.list()).toEqual([]);
    expect(await store.remove('default')).toBe(0);
    expect(() => statSync(file)).toThrow('ENOENT');
    await store.close();
  });
});

/** The built modules: a process of its own cannot import TypeScript. */
const built = (path: string): string => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href);

/** Adds documents of 40 passages without end, and says which are kept. */
const script = `
import { openSqliteDocuments } from ${built('documents/sqlite-documents.js')};
const [file, name] = process.argv.slice(2);
const store = await openSqliteDocuments({ file, clock: { wallMs: () => 1 } });
for (let i = 0; ; i++) {
  const documentId = name + i;
  const record = { collection: 'default', documentId, title: 't', source: documentId, mediaType: 'text/plain',
    characters: 1, pages: undefined, chunks: 40, encoder: undefined, addedAtWallMs: i };
  const chunks = Array.from({ length: 40 }, (_, index) => ({ documentId, index, headings: [], text: 'words '.repeat(100),
    start: 0, end: 1, page: undefined, vector: new Float32Array(384) }));
  await store.put(record, chunks);
  process.stdout.write(documentId + '\\n');
}
`;

it('holds whole documents alone, and every one it has said it keeps, when the processes that write are killed', async () => {
  const file = newFile();
  const folder = join(file, '..', '..');
  writeFileSync(join(folder, 'add.mjs'), script);
  const start = (name: string) => {
    const child = spawn(process.execPath, [join(folder, 'add.mjs'), file, name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const said: string[] = [];
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => said.push(line));
    return { child, said, ended: Promise.all([once(child, 'exit'), once(lines, 'close')]), first: once(lines, 'line') };
  };
  const runs = [start('a'), start('b')];
  await Promise.all(runs.map(({ first }) => first));
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
  for (const { child } of runs) child.kill('SIGKILL');
  await Promise.all(runs.map(({ ended }) => ended));
  const store = await openSqliteDocuments({ file, clock });
  const kept = await store.list();
  const ids = new Set(kept.map(({ documentId }) => documentId));
  for (const id of runs.flatMap(({ said }) => said)) expect(ids).toContain(id);
  const chunks = await all(store.chunks('default'));
  expect(chunks).toHaveLength(kept.length * 40);
  await store.close();
}, 30_000);
