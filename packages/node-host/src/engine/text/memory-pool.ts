/** Pieces of memory that are used again: fresh ones for every chat let the process grow by a quarter over sixteen. */
export interface MemoryPool {
  /** @returns at least so many numbers, with whatever they were used for before */
  take(floats: number): Float32Array;
  give(memory: Float32Array): void;
  clear(): void;
}

/** Sizes are few, so that what one chat leaves fits the next: each is a half or a third larger than the one before. */
const SMALLEST = 1 << 15;

export function sizeClass(floats: number): number {
  let size = SMALLEST;
  while (size < floats) size *= 2;
  const between = size * 0.75;
  return between >= floats && between > SMALLEST ? between : size;
}

/** @param keptBytes most that waits here to be used again */
export function createMemoryPool(keptBytes: number): MemoryPool {
  /** Smallest first. */
  let free: Float32Array[] = [];
  const bytes = (): number => free.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return {
    take(floats) {
      const size = sizeClass(floats);
      // Larger pieces are left to those who need them: what is kept for long in one keeps all of it.
      const at = free.findIndex(({ length }) => length >= floats && length <= 2 * size);
      return at === -1 ? new Float32Array(size) : free.splice(at, 1)[0]!;
    },
    give(memory) {
      free = [...free, memory].toSorted((a, b) => a.length - b.length);
      while (bytes() > keptBytes) free.shift();
    },
    clear() {
      free = [];
    },
  };
}
