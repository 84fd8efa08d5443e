import { readFileSync } from 'node:fs';
import wabt from 'wabt';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { seededRandom } from '../testing/seeded-random.js';
import { randomVectors } from '../testing/vector-index-contract.js';
import { createVectorIndex, createVectorIndexWith } from './create-vector-index.js';
import { createPlainKernel } from './plain-kernel.js';
import { SCAN_BYTES } from './scan-bytes.js';
import { SignBits } from './sign-bits.js';
import { createWasmKernel } from './wasm-kernel.js';

const KERNELS = { WebAssembly: createWasmKernel, 'plain JavaScript': createPlainKernel };
const DIMENSIONS = 64;

it('is compiled from what can be read', async () => {
  const source = readFileSync(new URL('./scan.wat', import.meta.url), 'utf8');
  const { buffer } = (await wabt()).parseWat('scan.wat', source, { simd: true }).toBinary({});
  expect(SCAN_BYTES).toBe(Buffer.from(buffer).toString('base64'));
});

describe.each([1, 130, 384])('signs of %i values', (dimensions) => {
  it('are compared alike by WebAssembly and by plain JavaScript, also after they have moved to more memory', () => {
    const vectors = randomVectors(4500, dimensions);
    const [wasm, plain] = Object.values(KERNELS).map((create) => new SignBits(create(), dimensions));
    for (const [row, vector] of vectors.entries()) for (const signs of [wasm!, plain!]) signs.set(row, vector);
    for (const [rows, most] of [
      [4500, 1],
      [4500, 200],
      [4499, 7],
      [8, 3],
      [3, 100],
      [1, 1],
      [0, 5],
    ] as const) {
      const found = [...wasm!.near(vectors[1]!, rows, most)];
      expect(found).toEqual([...plain!.near(vectors[1]!, rows, most)]);
      expect(found.length).toBeGreaterThanOrEqual(Math.min(rows, most));
    }
  });

  it('differ as often as they are counted one by one', () => {
    const vectors = randomVectors(300, dimensions, 3);
    const signs = new SignBits(createWasmKernel(), dimensions);
    for (const [row, vector] of vectors.entries()) signs.set(row, vector);
    const differing = (row: number) => vectors[row]!.filter((value, i) => value > 0 !== vectors[5]![i]! > 0).length;
    const distances = vectors.map((_, row) => differing(row)).toSorted((a, b) => a - b);
    const expected = vectors.flatMap((_, row) => (differing(row) <= distances[19]! ? [row] : []));
    expect([...signs.near(vectors[5]!, 300, 20)]).toEqual(expected);
  });
});

describe.each(Object.entries(KERNELS))('the index of many, by %s', (_, createKernel) => {
  it('finds the nearest of many, whatever was replaced and removed before', () => {
    const vectors = randomVectors(2800, DIMENSIONS);
    const index = createVectorIndexWith(createKernel)(DIMENSIONS);
    for (const [id, vector] of vectors.entries()) index.add(id, vector);
    const few = index.bytes;
    for (let id = 0; id < 2800; id += 5) index.remove(id);
    for (const [from, to] of [
      [1, 2],
      [6, 7],
      [2, 5],
    ] as const)
      index.add(to, vectors[from]!);
    const random = seededRandom(5);
    for (let id = 1; id < 2800; id += 28) {
      if (id % 5 === 0 || id === 2 || id === 7) continue;
      const query = vectors[id]!.map((value) => value + (random() - 0.5) * 0.1);
      const [first, second] = index.search(query, 2);
      expect(first).toEqual({ id, cosine: index.cosine(query, id) });
      expect(second!.cosine).toBeLessThanOrEqual(first!.cosine);
    }
    expect(index.search(vectors[1]!, 2).map(({ id }) => id)).toEqual([1, 2]);
    expect(index.search(vectors[0]!, 1)[0]!.cosine).toBeLessThan(0.9);
    expect(index.search(vectors[1]!, 2500)).toHaveLength(index.size);
    expect(index.bytes).toBe(few);
  });
});

it('is in plain JavaScript where a page forbids WebAssembly', () => {
  const forbidden = () => {
    throw new EvalError('refused by the policy of the page');
  };
  vi.stubGlobal('WebAssembly', { Module: forbidden, Instance: forbidden });
  onTestFinished(() => void vi.unstubAllGlobals());
  const vectors = randomVectors(2100, 16);
  const index = createVectorIndex(16);
  for (const [id, vector] of vectors.entries()) index.add(id, vector);
  expect(index.search(vectors[9]!, 1)).toMatchObject([{ id: 9 }]);
});
