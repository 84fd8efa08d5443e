/** Rows that get their memory at once: nothing is copied to make room for more. */
export const BLOCK_ROWS = 1024;
/** Rows whose bytes lie side by side, as many as a register takes. */
export const ROWS_SIDE_BY_SIDE = 16;
/** The first pass compares 128 signs. */
export const FIRST_BYTES = 16;

/** Byte offsets within a block; its rows' first signs are where it begins. */
export interface BlockPlaces {
  readonly others: number;
  /** Of a search: the first distances, the rows of the second pass, and their distances by all signs. */
  readonly distances: number;
  readonly found: number;
  readonly whole: number;
  readonly vectors: number;
  readonly bytes: number;
}

/** @param stride bytes of a row's other signs */
export function placesOf(dimensions: number, stride: number): BlockPlaces {
  const others = BLOCK_ROWS * FIRST_BYTES;
  const distances = others + BLOCK_ROWS * stride;
  const found = distances + BLOCK_ROWS;
  const whole = found + BLOCK_ROWS * Uint32Array.BYTES_PER_ELEMENT;
  const vectors = whole + BLOCK_ROWS * Uint16Array.BYTES_PER_ELEMENT;
  return {
    others,
    distances,
    found,
    whole,
    vectors,
    bytes: vectors + BLOCK_ROWS * dimensions * Float32Array.BYTES_PER_ELEMENT,
  };
}

export const upTo = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
