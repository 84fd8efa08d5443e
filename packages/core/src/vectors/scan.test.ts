import { readFileSync } from 'node:fs';
import wabt from 'wabt';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { seededRandom } from '../testing/seeded-random.js';
import { randomVectors } from '../testing/vector-index-contract.js';
import { createVectorIndex, createVectorIndexWith } from './create-vector-index.js';
import { dotProduct } from './dot-product.js';
import { createPlainKernel } from './plain-kernel.js';
import { Rotation } from './rotation.js';
import { SCAN_BYTES } from './scan-bytes.js';
import { RowScan } from './row-scan.js';
import type { ScanKernel } from './scan-kernel.js';
import { createWasmKernel } from './wasm-kernel.js';

const KERNELS = { WebAssembly: createWasmKernel, 'plain JavaScript': createPlainKernel };
const DIMENSIONS = 64;

function scanOf(kernel: ScanKernel, vectors: readonly Float32Array[]): RowScan {
  const scan = new RowScan(kernel, vectors[0]!.length);
  for (const [row, vector] of vectors.entries()) scan.set(row, vector);
  return scan;
}

function nearRows(scan: RowScan, query: Float32Array, rows: number, most: number): number[] {
  const found: number[] = [];
  scan.near(query, rows, most, (row) => found.push(row));
  return found;
}

it('is compiled from what can be read', async () => {
  const source = readFileSync(new URL('./scan.wat', import.meta.url), 'utf8');
  const { buffer } = (await wabt()).parseWat('scan.wat', source, { simd: true }).toBinary({});
  expect(SCAN_BYTES).toBe(Buffer.from(buffer).toString('base64'));
});

describe.each([1, 130, 384, 1100])('signs of %i values', (dimensions) => {
  it('are compared alike by WebAssembly and by plain JavaScript, also after there is more memory', () => {
    const vectors = randomVectors(2100, dimensions);
    const [wasm, plain] = Object.values(KERNELS).map((create) => scanOf(create(), vectors));
    for (const [rows, most] of [
      [2100, 1],
      [2100, 120],
      [2049, 7],
      [8, 3],
      [3, 100],
      [1, 1],
      [0, 5],
    ] as const) {
      const found = nearRows(wasm!, vectors[1]!, rows, most);
      expect(found).toEqual(nearRows(plain!, vectors[1]!, rows, most));
      expect(found.length).toBeGreaterThanOrEqual(Math.min(rows, most));
    }
  });

  it('leave the dot product as it is, to the last bit', () => {
    const [query, ...vectors] = randomVectors(20, dimensions, 9);
    for (const create of Object.values(KERNELS)) {
      const scan = scanOf(create(), vectors);
      const dots: number[] = [];
      scan.near(query!, vectors.length, vectors.length, (_, dot) => dots.push(dot));
      expect(dots).toEqual(vectors.map((vector) => dotProduct(vector, 0, query!)));
      expect(vectors.map((_, row) => scan.dot(row, query!))).toEqual(dots);
    }
  });
});

describe.each(Object.entries(KERNELS))('two passes, by %s', (_, createKernel) => {
  it('compare all signs of the rows that are nearest by their first ones', () => {
    const vectors = randomVectors(3000, 384);
    const scan = scanOf(createKernel(), vectors);
    const rotation = new Rotation(384);
    const turned = vectors.map((vector) => rotation.turn(vector).slice());
    for (const asked of [0, 17, 2999]) {
      const differing = (row: number, values: number) => {
        let count = 0;
        for (let i = 0; i < values; i++) if (turned[asked]![i]! > 0 !== turned[row]![i]! > 0) count++;
        return count;
      };
      const nearest = (rows: readonly number[], values: number, most: number) => {
        const distances = rows.map((row) => differing(row, values));
        const cut = distances.toSorted((a, b) => a - b)[most - 1]!;
        return rows.filter((_, i) => distances[i]! <= cut);
      };
      const second = nearest([...vectors.keys()], 128, 16 * 5);
      expect(second.length).toBeLessThan(3000);
      expect(nearRows(scan, vectors[asked]!, 3000, 5)).toEqual(nearest(second, 384, 5));
    }
  });

  it('find what is nearest of what is all on the other side', () => {
    const vectors = randomVectors(2500, 384);
    const opposite = vectors[7]!.map((value) => -value);
    const scan = scanOf(createKernel(), Array<Float32Array>(2500).fill(vectors[7]!));
    expect(nearRows(scan, opposite, 2500, 3)).toHaveLength(2500);
    scan.set(2400, vectors[8]!);
    expect(nearRows(scan, opposite, 2500, 1)).toEqual([2400]);
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
