import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { createFakeDeltasPorts } from '../testing/fake-deltas-ports.js';
import { createDeltas } from './create-deltas.js';
import type { Deltas } from './deltas.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const EXAMPLES = ['yes', 'no'].flatMap((label, i) =>
  ['one', 'two', 'three'].map((word, j) => ({ text: `${label} ${word}`, label, line: 3 * i + j + 1 })),
);
const FIT = { domain: 'bank', examples: EXAMPLES };

it.each<[keyof Deltas, unknown[], string]>([
  ['check', [], 'at the top level: Invalid input: expected object, received undefined'],
  ['check', [{ examples: 'rows' }], 'at examples: Invalid input: expected array, received string'],
  ['check', [{ examples: [...EXAMPLES, null] }], 'at examples.6: Invalid input: expected object, received null'],
  ['fit', [null], 'at the top level: Invalid input: expected object, received null'],
  ['fit', [{ ...FIT, domain: 5 }], 'at domain: Invalid input: expected string, received number'],
  ['fit', [{ ...FIT, subdomain: 'cards' }], 'at the top level: Unrecognized key: "subdomain"'],
  ['fit', [{ ...FIT, examples: [{ text: 'a', label: 7, line: 1 }] }], 'at examples.0.label'],
  ['fit', [{ ...FIT, examples: [{ text: 'a', label: 'b' }] }], 'at examples.0.line'],
  ['fit', [{ ...FIT, weights: EXAMPLES.map(() => NaN) }], 'at weights.0: Invalid input: expected number, received NaN'],
  ['fit', [{ ...FIT, subDomains: { cards: 'pin' } }], 'at subDomains.cards'],
  ['fit', [{ ...FIT, subDomains: { 'cards\n': ['yes'] } }], 'at subDomains.cards?: Invalid key in record'],
  ['fit', [{ ...FIT, dtype: 'int4' }], 'at dtype: Invalid option'],
  ['fit', [{ ...FIT, strict: 'yes' }], 'at strict'],
  ['evaluate', [{ domain: 'bank' }], 'at examples'],
  ['evaluate', [{ ...FIT, revision: 5 }], 'at revision'],
  ['compose', [{ domains: 'bank', into: 'all' }], 'at domains'],
  ['compose', [{ domains: ['bank', 'shop'], into: 'all', evaluation: { bank: {} } }], 'at evaluation.bank'],
  ['revisions', [], 'at the top level: Invalid input: expected string, received undefined'],
  ['promote', ['bank', undefined], 'at the top level: Invalid input: expected string, received undefined'],
  ['promote', ['bank', {}], 'at the top level: Invalid input: expected string, received object'],
  ['rollback', [['bank']], 'at the top level: Invalid input: expected string, received array'],
])('`deltas.%s` refuses %j by name', async (method, given, words) => {
  const deltas = createDeltas(createFakeDeltasPorts({ startHash }));
  const asked = (deltas[method] as (...all: unknown[]) => Promise<unknown>)(...given);
  await expect(asked).rejects.toMatchObject({ code: 'INVALID_REQUEST', message: expect.stringContaining(words) });
});
