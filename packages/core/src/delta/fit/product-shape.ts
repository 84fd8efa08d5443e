import { EngineError } from '../../errors/engine-error.js';
import type { Transposed } from '../../ports/mat-mul.js';

interface Size {
  readonly rows: number;
  readonly columns: number;
}

interface ProductShape {
  readonly rows: number;
  /** What is summed over. */
  readonly inner: number;
  readonly columns: number;
}

/** Of a product as `MatMul` makes it. @throws EngineError when the two do not fit together */
export function productShape(first: Size, second: Size, transposed: Transposed): ProductShape {
  const [rows, inner] = transposed === 'first' ? [first.columns, first.rows] : [first.rows, first.columns];
  const [fits, columns] = transposed === 'second' ? [second.columns, second.rows] : [second.rows, second.columns];
  if (inner === fits) return { rows, inner, columns };
  throw new EngineError({
    message: `A matrix of ${rows} x ${inner} cannot be multiplied by one of ${fits} x ${columns}.`,
    hint: 'Please report it: rows of features differ in length.',
    facts: { rows, inner, fits, columns },
  });
}
