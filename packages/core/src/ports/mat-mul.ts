/** Rows of equal length, one after the other. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** [rows, columns] */
  readonly data: Float32Array<ArrayBuffer>;
}

/** Which of the two is read with rows and columns exchanged. */
export type Transposed = 'neither' | 'first' | 'second';

/**
 * Large matrix products, for fitting. What is multiplied again and again is held, so that it is handed over once.
 * Plain JavaScript takes thirty times as long as the kernels of an inference runtime.
 */
export interface MatMul {
  /**
   * @param first [m, k], or [k, m] where it is transposed
   * @param second [k, n], or [n, k] where it is transposed
   * @returns [m, n], the caller's own
   * @throws EngineError when the runtime fails
   */
  multiply(first: Matrix | Held, second: Matrix | Held, transposed?: Transposed): Promise<Matrix>;
  /** Keeps a matrix where products are made. It must not be changed afterwards. */
  hold(matrix: Matrix): Held;
  close(): Promise<void>;
}

/** A matrix that a `MatMul` holds; of no use to another one. */
export interface Held {
  readonly rows: number;
  readonly columns: number;
  letGo(): void;
}
