import { expect, it } from 'vitest';
import { createMemoryPool, sizeClass } from './memory-pool.js';
import { tensorOf } from './kv-memory.js';
import { NodeCaches } from './node-caches.js';

const SHAPE = { tensors: 4, heads: 2, headDim: 3 };
const MAX_ROWS = 4;
const pool = createMemoryPool(1 << 20);

/** Caches whose every number says where it belongs: of one row of so many tokens. */
function marked(tokens: number, mark: number): NodeCaches {
  const caches = NodeCaches.empty(pool, SHAPE);
  caches.memory.fill(Number.NaN);
  caches.widen({ tokens, rows: 1, maxRows: MAX_ROWS });
  const made = caches.handOn([tokens]);
  forEach(made, 0, (at, name) => (made.memory[at] = valueOf(mark, name)));
  return made;
}

const valueOf = (mark: number, name: number): number => mark * 1e5 + name;

/** Every number that a row holds, with what it is the number of. */
function forEach(caches: NodeCaches, row: number, visit: (at: number, name: number) => void): void {
  const { tensors, heads, headDim, capacity, room } = caches.layout;
  for (let tensor = 0; tensor < tensors; tensor++) {
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < caches.lengths[row]! * headDim; i++) {
        visit(((tensor * room + row) * heads + head) * capacity * headDim + i, (tensor * heads + head) * 4096 + i);
      }
    }
  }
}

function marksOf(caches: NodeCaches): number[] {
  return caches.lengths.map((_, row) => {
    const marks = new Set<number>();
    forEach(caches, row, (at, name) => marks.add((caches.memory[at]! - name) / 1e5));
    return marks.size === 1 ? [...marks][0]! : Number.NaN;
  });
}

const rowsOf = (caches: NodeCaches, ...rows: number[]) => rows.map((row) => ({ caches, row }));

it('puts rows of unequal length side by side, each as it was', () => {
  const batch = NodeCaches.of(pool, [...rowsOf(marked(5, 1), 0), ...rowsOf(marked(70, 2), 0)], MAX_ROWS);
  expect(batch.lengths).toEqual([5, 70]);
  expect(marksOf(batch)).toEqual([1, 2]);
});

it('lets a row join, and leave by the last one taking its place, where they lie', () => {
  const two = NodeCaches.of(pool, [...rowsOf(marked(5, 1), 0), ...rowsOf(marked(40, 2), 0)], MAX_ROWS);
  const three = two.rearranged([...rowsOf(two, 0, 1), ...rowsOf(marked(33, 3), 0)], MAX_ROWS)!;
  expect([three.lengths, marksOf(three)]).toEqual([
    [5, 40, 33],
    [1, 2, 3],
  ]);
  const { memory } = three;
  const left = three.rearranged(rowsOf(three, 2, 1), MAX_ROWS)!;
  expect([left.lengths, marksOf(left)]).toEqual([
    [33, 40],
    [3, 2],
  ]);
  expect(left.memory).toBe(memory);
});

it('makes as many of one row as are asked for', () => {
  const one = marked(9, 7);
  const four = one.rearranged(rowsOf(one, 0, 0, 0, 0), MAX_ROWS)!;
  expect(marksOf(four)).toEqual([7, 7, 7, 7]);
});

it('does not write rows over each other, nor keeps what is short in memory for what was long', () => {
  const two = NodeCaches.of(pool, [...rowsOf(marked(5, 1), 0), ...rowsOf(marked(200, 2), 0)], MAX_ROWS);
  expect(two.rearranged(rowsOf(two, 1, 0), MAX_ROWS)).toBeUndefined();
  expect(two.rearranged(rowsOf(two, 0), MAX_ROWS)).toBeUndefined();
  expect(marksOf(two)).toEqual([1, 2]);
});

it('keeps what it holds when it grows, within its memory or beyond', () => {
  const caches = NodeCaches.of(pool, [...rowsOf(marked(31, 1), 0), ...rowsOf(marked(8, 2), 0)], MAX_ROWS);
  for (const tokens of [33, 64, 65, 500, 5000]) {
    caches.widen({ tokens, rows: 2, maxRows: MAX_ROWS });
    expect(caches.layout.capacity).toBeGreaterThanOrEqual(tokens);
    expect(marksOf(caches)).toEqual([1, 2]);
  }
});

it('gives tensors of the rows in use alone', () => {
  const caches = NodeCaches.of(pool, rowsOf(marked(1, 1), 0, 0, 0).slice(0, 3), MAX_ROWS);
  expect(caches.layout.room).toBe(4);
  expect(tensorOf(caches.memory, caches.layout, 3, 3).length).toBe(3 * 2 * 32 * 3);
});

it('uses memory again, and lets go of more than it may keep', () => {
  const small = createMemoryPool(sizeClass(1) * 4 * 2);
  const pieces = [small.take(100), small.take(100), small.take(100)];
  for (const piece of pieces) small.give(piece);
  const again = [small.take(1), small.take(1), small.take(1)];
  expect(again.filter((piece) => pieces.includes(piece))).toHaveLength(2);
});

it.each([[1], [40_000], [50_000], [100_000]])('%d numbers take a piece that others may use', (floats) => {
  expect(sizeClass(floats)).toBeGreaterThanOrEqual(floats);
  expect(sizeClass(floats)).toBeLessThan(Math.max(floats * 1.51, 32_769));
});

it('says all of the memory that it takes, and takes none that is twice as large', () => {
  const some = createMemoryPool(1 << 22);
  some.give(new Float32Array(3 << 16));
  const caches = NodeCaches.empty(some, SHAPE);
  expect(caches.bytes).toBe(caches.memory.byteLength);
  expect(caches.memory.length).toBe(sizeClass(1));
});

it('lets go of what is more than may wait, also where that is one piece', () => {
  const small = createMemoryPool(1 << 18);
  const large = new Float32Array(1 << 17);
  small.give(large);
  expect(small.take(1 << 17)).not.toBe(large);
  const fitting = new Float32Array(1 << 16);
  small.give(fitting);
  expect(small.take(1 << 16)).toBe(fitting);
});
