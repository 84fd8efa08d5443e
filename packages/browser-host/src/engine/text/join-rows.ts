import type { Tensor } from 'onnxruntime-web';
import type { TensorCaches } from './tensor-caches.js';

export interface CacheRow {
  readonly caches: TensorCaches;
  readonly row: number;
}

/** Copies rows of caches side by side, each padded on the right to the longest. For tensors that are not on a GPU. */
export function joinRows(
  rows: readonly CacheRow[],
  toTensor: (data: Float32Array, dims: readonly number[]) => Tensor,
): { readonly past: Record<string, Tensor>; readonly lengths: readonly number[] } {
  const lengths = rows.map(({ caches, row }) => caches.lengths[row]!);
  const longest = Math.max(...lengths);
  const joined = (name: string): Tensor => {
    const [, heads, , headDim] = rows[0]!.caches.past[name]!.dims as [number, number, number, number];
    const data = new Float32Array(rows.length * heads * longest * headDim);
    rows.forEach(({ caches, row }, at) => {
      const { data: from, dims } = caches.past[name]!;
      const capacity = dims[2]!;
      for (let head = 0; head < heads; head++) {
        const start = (row * heads + head) * capacity * headDim;
        const part = (from as Float32Array).subarray(start, start + lengths[at]! * headDim);
        data.set(part, (at * heads + head) * longest * headDim);
      }
    });
    return toTensor(data, [rows.length, heads, longest, headDim]);
  };
  const names = Object.keys(rows[0]!.caches.past);
  return { past: Object.fromEntries(names.map((name) => [name, joined(name)])), lengths };
}
