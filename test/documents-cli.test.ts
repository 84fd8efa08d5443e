import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DocumentRecord, FoundChunk } from '@terrace/core/documents';
import { beforeAll, describe, expect, it } from 'vitest';
import { encryptedPdf, textPdf } from '../packages/node-host/src/documents/testing/make-pdf.js';
import { homeOfThisFile } from './support/answers.js';
import { temporaryFolder, terrace } from './support/run-cli.js';

const LONG_MS = 30_000;

interface Added {
  readonly added: readonly DocumentRecord[];
  readonly failed: readonly { readonly path: string; readonly error: { code: string; facts: { reason: string } } }[];
}

const home = homeOfThisFile();
let notes: string;
let added: Added;

const documents = (...args: string[]) => terrace(['documents', ...args], { home });
const search = async (text: string, ...args: string[]): Promise<readonly FoundChunk[]> => {
  const { code, stderr, json } = await documents('search', text, '--json', ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return json<{ found: readonly FoundChunk[] }>().found;
};

beforeAll(async () => {
  notes = path.join(home, 'notes');
  mkdirSync(path.join(notes, 'more'), { recursive: true });
  const write = (name: string, content: string | Uint8Array): void => writeFileSync(path.join(notes, name), content);
  write('bank.md', '# Our bank\n\n## A lost card\n\nWhoever loses a debit card blocks it in the app at once.\n');
  write(
    'menu.html',
    '<title>Lunch</title><p>On Fridays the kitchen serves fish with potatoes.<script>steal()</script>',
  );
  write('hours.txt', 'The counter opens at nine.\n\nIt closes at \u001b[2Jfive.');
  write('more/rates.pdf', textPdf([[['On savings and loans.']], [['A mortgage takes two signatures.']]]));
  write('more/locked.pdf', encryptedPdf());
  write('photo.jpg', 'no document');
  const { code, json } = await documents('add', notes, path.join(home, 'nothing.txt'), '--json');
  added = json<Added>();
  expect(code).toBe(2);
}, LONG_MS);

describe('terrace documents', () => {
  it('adds what can be read of a folder, and says what cannot', () => {
    expect(added.added.map(({ title, mediaType, pages }) => [title, mediaType, pages])).toEqual([
      ['Our bank', 'text/markdown', undefined],
      ['hours.txt', 'text/plain', undefined],
      ['Lunch', 'text/html', undefined],
      ['rates.pdf', 'application/pdf', 2],
    ]);
    for (const { encoder } of added.added) expect(encoder).toMatch(/^[0-9a-f]{64}$/);
    const failed = added.failed.map(({ path: file, error }) => [path.basename(file), error.code, error.facts.reason]);
    expect(failed).toEqual([
      ['locked.pdf', 'INVALID_DOCUMENT', 'encrypted'],
      ['nothing.txt', 'INVALID_DOCUMENT', 'ENOENT'],
    ]);
  });

  it(
    'finds a passage by what it means and by its words, in the next process',
    async () => {
      const [first] = await search('someone stole my credit card, how do I freeze it');
      expect(first).toMatchObject({ title: 'Our bank', headings: ['Our bank', 'A lost card'] });
      expect(first!.cosine).toBeGreaterThan(0.3);
      const [signed] = await search('mortgage signatures', '--top', '1');
      expect(signed).toMatchObject({ title: 'rates.pdf', page: 2 });
      const shown = await documents('search', 'when', 'does', 'the', 'counter', 'close', '--top', '1');
      expect(shown.stdout).toContain('[1] hours.txt');
      expect(shown.stdout).not.toContain('\u001b');
    },
    LONG_MS,
  );

  it(
    'lists documents, and keeps collections apart',
    async () => {
      const file = path.join(temporaryFolder(), 'own.txt');
      writeFileSync(file, 'A note of one collection alone.');
      expect((await documents('add', file, '--collection', 'own')).stdout).toMatch(
        /^added [0-9a-f]{12} own.txt: 1 passage\n$/,
      );
      expect(await search('a note', '--collection', 'own')).toHaveLength(1);
      expect(await search('anything', '--collection', 'empty')).toEqual([]);
      const { documents: own } = (await documents('list', '--collection', 'own', '--json')).json<{
        documents: readonly DocumentRecord[];
      }>();
      expect(own).toMatchObject([{ title: 'own.txt', source: file, collection: 'own' }]);
      expect((await documents('list')).stdout.split('\n')[1]).toMatch(/^[0-9a-f]{12} +own +1 +own\.txt/);
      expect((await documents('list', '--collection', 'nobody')).stderr).toContain(
        'no documents in the collection "nobody"',
      );
    },
    LONG_MS,
  );

  it(
    'removes one by how its id begins, and all, so that nothing of them can be read any more',
    async () => {
      const [bank] = added.added;
      expect((await documents('remove', bank!.documentId.slice(0, 12))).stdout).toBe('removed 1 document\n');
      expect((await documents('remove', bank!.documentId)).code).toBe(2);
      expect((await documents('remove', '--all', '--json')).json()).toEqual({ removed: 4 });
      const file = readFileSync(path.join(home, 'documents.db'), 'latin1');
      for (const words of ['debit card', 'potatoes', 'mortgage']) expect(file).not.toContain(words);
    },
    LONG_MS,
  );

  it(
    'refuses what it does not understand',
    async () => {
      const messages = await Promise.all(
        [
          ['add'],
          ['search', ' '],
          ['remove'],
          ['remove', 'x', '--all'],
          ['list', '--collection', 'No!'],
          ['forget'],
          [],
        ].map(async (args) => {
          const { code, stderr } = await documents(...args);
          return [code, stderr.split('\n')[0]];
        }),
      );
      expect(messages).toEqual([
        [2, 'error INVALID_REQUEST: Something is missing.'],
        [2, 'error INVALID_REQUEST: Something is missing.'],
        [2, 'error INVALID_REQUEST: What to remove is missing, or there is too much of it.'],
        [2, 'error INVALID_REQUEST: What to remove is missing, or there is too much of it.'],
        [2, 'error INVALID_REQUEST: "No!" is no name of a collection.'],
        [2, 'error INVALID_REQUEST: There is no `terrace documents forget`.'],
        [2, 'error INVALID_REQUEST: The action is missing.'],
      ]);
    },
    LONG_MS,
  );
});
