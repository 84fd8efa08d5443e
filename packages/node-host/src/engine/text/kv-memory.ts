/** How keys and values lie in one piece of memory: tensor by tensor, row by row, head by head, position by position. */
export interface KvLayout {
  /** Keys and values of every layer: two a layer. */
  readonly tensors: number;
  readonly heads: number;
  readonly headDim: number;
  /** Rows there is room for; those that hold something come first. */
  readonly room: number;
  /** Positions of a row. */
  readonly capacity: number;
}

/** Positions are taken in steps: every new one would be a copy of all, and what lies unused is copied by every run. */
const CAPACITY_STEP = 32;

/** The least capacity for so many positions. */
export const capacityFor = (tokens: number): number => Math.max(1, Math.ceil(tokens / CAPACITY_STEP)) * CAPACITY_STEP;

const floatsOfRow = ({ heads, headDim, capacity }: KvLayout): number => heads * headDim * capacity;
export const floatsOf = (layout: KvLayout): number => layout.tensors * layout.room * floatsOfRow(layout);

/** The rows of one tensor that are in use. */
export function tensorOf(memory: Float32Array, layout: KvLayout, tensor: number, rows: number): Float32Array {
  const row = floatsOfRow(layout);
  const start = tensor * layout.room * row;
  return memory.subarray(start, start + rows * row);
}

/** Copies what a row holds into another one, perhaps of another memory or capacity. */
export function copyRow(
  from: { readonly memory: Float32Array; readonly layout: KvLayout; readonly row: number },
  to: { readonly memory: Float32Array; readonly layout: KvLayout; readonly row: number },
  tokens: number,
): void {
  const { tensors, heads, headDim } = from.layout;
  const floats = tokens * headDim;
  if (floats === 0) return;
  for (let tensor = 0; tensor < tensors; tensor++) {
    for (let head = 0; head < heads; head++) {
      const start = startOf(from.layout, tensor, from.row, head);
      const target = startOf(to.layout, tensor, to.row, head);
      if (from.memory === to.memory) to.memory.copyWithin(target, start, start + floats);
      else to.memory.set(from.memory.subarray(start, start + floats), target);
    }
  }
}

/**
 * Moves everything apart within one memory: more room or capacity than before, never less. From the end to the
 * beginning, so that nothing is written over before it was moved.
 */
export function spread(memory: Float32Array, from: KvLayout, to: KvLayout, lengths: readonly number[]): void {
  for (let tensor = from.tensors - 1; tensor >= 0; tensor--) {
    for (let row = lengths.length - 1; row >= 0; row--) {
      for (let head = from.heads - 1; head >= 0; head--) {
        const start = startOf(from, tensor, row, head);
        memory.copyWithin(startOf(to, tensor, row, head), start, start + lengths[row]! * from.headDim);
      }
    }
  }
}

function startOf(layout: KvLayout, tensor: number, row: number, head: number): number {
  return (tensor * layout.room + row) * floatsOfRow(layout) + head * layout.capacity * layout.headDim;
}
