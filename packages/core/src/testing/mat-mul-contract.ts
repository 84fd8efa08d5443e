import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import type { MatMul, Matrix, Transposed } from '../ports/mat-mul.js';
import { createPlainMatMul } from './plain-mat-mul.js';
import { seededRandom } from './seeded-random.js';

const ALL: readonly Transposed[] = ['neither', 'first', 'second'];
const RELATIVE = 1e-5;

/** What every MatMul does. @param make closed by the contract when its tests are over */
export function describeMatMulContract(name: string, make: () => MatMul | Promise<MatMul>): void {
  describe(`${name} keeps the MatMul contract`, () => {
    let matMul: MatMul;
    const exact = createPlainMatMul();
    beforeAll(async () => {
      matMul = await make();
    });
    afterAll(() => matMul.close());

    it.each(ALL)('multiplies matrices of any size, transposed: %s', async (transposed) => {
      const random = seededRandom(1);
      for (const [m, k, n] of [
        [1, 1, 1],
        [3, 5, 2],
        [65, 384, 33],
      ] as const) {
        const [first, second] = pair({ m, k, n, transposed, random });
        const product = await matMul.multiply(first, second, transposed);
        expectClose(product, await exact.multiply(first, second, transposed));
      }
    });

    it('reads neither with rows and columns exchanged where nothing is said', async () => {
      const product = await matMul.multiply(matrix(1, 2, [1, 2]), matrix(2, 2, [3, 4, 5, 6]));
      expect(product).toEqual(matrix(1, 2, [13, 16]));
    });

    it('multiplies what it holds again and again, on either side', async () => {
      const random = seededRandom(2);
      const matrices = [randomMatrix(7, 4, random), randomMatrix(7, 3, random)] as const;
      const [first, second] = [matMul.hold(matrices[0]), matMul.hold(matrices[1])];
      expect([first.rows, first.columns, second.rows, second.columns]).toEqual([7, 4, 7, 3]);
      const wanted = await exact.multiply(...matrices, 'first');
      expectClose(await matMul.multiply(first, second, 'first'), wanted);
      expectClose(await matMul.multiply(first, matrices[1], 'first'), wanted);
      expectClose(await matMul.multiply(matrices[0], second, 'first'), wanted);
      first.letGo();
      second.letGo();
    });

    it('gives products that are the caller’s own, and leaves its inputs alone', async () => {
      const [first, second] = [matrix(1, 1, [2]), matrix(1, 1, [3])];
      const before = await matMul.multiply(first, second);
      before.data[0] = 7;
      expect(await matMul.multiply(first, second)).toEqual(matrix(1, 1, [6]));
      expect([before.data[0], first.data[0], second.data[0]]).toEqual([7, 2, 3]);
      expect(before.data.byteLength).toBe(before.data.buffer.byteLength);
    });

    it('makes several products at once', async () => {
      const random = seededRandom(3);
      const pairs = Array.from({ length: 4 }, () => pair({ m: 5, k: 6, n: 7, transposed: 'neither', random }));
      const products = await Promise.all(pairs.map((each) => matMul.multiply(...each)));
      for (const [i, product] of products.entries()) expectClose(product, await exact.multiply(...pairs[i]!));
    });

    it('takes empty sides', async () => {
      expect(await matMul.multiply(matrix(0, 3, []), matrix(3, 2, [1, 2, 3, 4, 5, 6]))).toEqual(matrix(0, 2, []));
      expect(await matMul.multiply(matrix(2, 0, []), matrix(0, 1, []))).toEqual(matrix(2, 1, [0, 0]));
      expect(await matMul.multiply(matrix(0, 2, []), matrix(0, 1, []), 'first')).toEqual(matrix(2, 1, [0, 0]));
    });

    it.each(ALL)('refuses sizes that do not fit, transposed: %s', async (transposed) => {
      const call = matMul.multiply(matrix(2, 3, [1, 2, 3, 4, 5, 6]), matrix(1, 1, [1]), transposed);
      const error: unknown = await call.catch((caught: unknown) => caught);
      expect(EngineError.isInstance(error)).toBe(true);
    });
  });
}

interface Pair {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposed: Transposed;
  readonly random: () => number;
}

function pair({ m, k, n, transposed, random }: Pair): [Matrix, Matrix] {
  return [
    transposed === 'first' ? randomMatrix(k, m, random) : randomMatrix(m, k, random),
    transposed === 'second' ? randomMatrix(n, k, random) : randomMatrix(k, n, random),
  ];
}

const randomMatrix = (rows: number, columns: number, random: () => number): Matrix => ({
  rows,
  columns,
  data: Float32Array.from({ length: rows * columns }, () => 2 * random() - 1),
});

const matrix = (rows: number, columns: number, values: readonly number[]): Matrix => ({
  rows,
  columns,
  data: Float32Array.from(values),
});

/** By what the summed products come to: a sum near zero is no better known than its parts. */
function expectClose(product: Matrix, wanted: Matrix): void {
  expect([product.rows, product.columns]).toEqual([wanted.rows, wanted.columns]);
  const scale = Math.max(1, ...wanted.data.map(Math.abs));
  for (const [i, value] of product.data.entries()) {
    const off = Math.abs(value - wanted.data[i]!);
    expect(off / scale).toBeLessThan(RELATIVE);
  }
}
