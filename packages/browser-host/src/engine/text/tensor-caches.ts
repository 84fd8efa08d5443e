import type { Caches } from '@terrace/core/generate';
import type { Tensor } from 'onnxruntime-web';

/**
 * Keys and values as a run gave them. Nothing writes into them, so whoever keeps them shares them; buffers of a GPU are
 * freed with the last who does.
 */
export class TensorCaches implements Caches {
  /** By the names of the inputs they are fed to; each [rows, heads, longest, headDim]. */
  readonly past: Readonly<Record<string, Tensor>>;
  readonly lengths: readonly number[];
  readonly bytes: number;
  readonly #users: { count: number };
  #isReleased = false;

  constructor(past: Readonly<Record<string, Tensor>>, lengths: readonly number[], users = { count: 0 }) {
    this.past = past;
    this.lengths = lengths;
    this.bytes = Object.values(past).reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    this.#users = users;
    users.count++;
  }

  get rows(): number {
    return this.lengths.length;
  }

  /** The same ones, for somebody else. */
  share(): TensorCaches {
    return new TensorCaches(this.past, this.lengths, this.#users);
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (--this.#users.count === 0) for (const tensor of Object.values(this.past)) tensor.dispose();
  }
}

const bytesOf = ({ dims, type }: Tensor): number =>
  dims.reduce((product, size) => product * size, type === 'float16' ? 2 : 4);
