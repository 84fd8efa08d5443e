const BLOCK_VALUES = 128;

/**
 * Turns vectors of one length by the same pseudo-random rotation, so that a few of their signs say as much about an angle as
 * any others: a sign for each value, then Hadamard transforms of blocks (Andoni et al., "Practical and Optimal LSH for Angular
 * Distance", 2015, section 5). What is turned is not of the same length.
 */
export class Rotation {
  /** How many values come of it: a multiple of 128. */
  readonly values: number;
  readonly #blocks: Float32Array[];
  readonly #signs: Float32Array;
  readonly #turned: Float32Array;

  constructor(dimensions: number) {
    const blocks = Math.ceil(dimensions / BLOCK_VALUES);
    this.values = blocks * BLOCK_VALUES;
    this.#blocks = Array.from({ length: blocks }, () => new Float32Array(BLOCK_VALUES));
    this.#signs = pseudoRandomSigns(dimensions);
    this.#turned = new Float32Array(this.values);
  }

  /** @returns f32 [values], the first of every block, then the second of every block; it is right until the next call */
  turn(vector: Float32Array): Float32Array {
    const blocks = this.#blocks;
    for (let b = 0; b < blocks.length; b++) {
      const block = blocks[b]!;
      for (let i = 0, from = b * BLOCK_VALUES; i < BLOCK_VALUES; i++, from++) {
        block[i] = from < vector.length ? vector[from]! * this.#signs[from]! : 0;
      }
      transform(block);
      for (let i = 0, to = b; i < BLOCK_VALUES; i++, to += blocks.length) this.#turned[to] = block[i]!;
    }
    return this.#turned;
  }
}

/** The fast Walsh-Hadamard transform, in place. */
function transform(block: Float32Array): void {
  for (let half = 1; half < block.length; half *= 2) {
    for (let from = 0; from < block.length; from += 2 * half) {
      for (let i = from; i < from + half; i++) {
        const a = block[i]!;
        const b = block[i + half]!;
        block[i] = a + b;
        block[i + half] = a - b;
      }
    }
  }
}

/** The same on every device (Marsaglia, "Xorshift RNGs", 2003). */
function pseudoRandomSigns(count: number): Float32Array {
  let state = 0x9e3779b9;
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state < 0 ? -1 : 1;
  });
}
