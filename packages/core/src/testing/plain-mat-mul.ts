import { productShape } from '../delta/fit/product-shape.js';
import type { Held, MatMul, Matrix } from '../ports/mat-mul.js';

interface PlainHeld extends Held, Matrix {}

/** Products by plain loops, summed in float64: for tests of small matrices. */
export function createPlainMatMul(): MatMul {
  return {
    async multiply(first, second, transposed = 'neither') {
      const { rows, inner, columns } = productShape(first, second, transposed);
      const [a, b] = [dataOf(first), dataOf(second)];
      const [aRow, aColumn] = transposed === 'first' ? [1, rows] : [inner, 1];
      const [bRow, bColumn] = transposed === 'second' ? [1, inner] : [columns, 1];
      const data = new Float32Array(rows * columns);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++) {
          let sum = 0;
          for (let k = 0; k < inner; k++) sum += a[i * aRow + k * aColumn]! * b[k * bRow + j * bColumn]!;
          data[i * columns + j] = sum;
        }
      return { rows, columns, data };
    },
    hold: (matrix): PlainHeld => ({ ...matrix, letGo: () => undefined }),
    close: async () => undefined,
  };
}

const dataOf = (matrix: Matrix | Held): Float32Array => (matrix as Matrix).data;
