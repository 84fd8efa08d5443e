import type { CreateKernel } from './static-kernel.js';

/** Labels of a panel: what four vectors of the processor hold. */
const PANEL = 16;
/** Rows that are multiplied at a time. */
const MAX_ROWS = 8;
const FLOAT_BYTES = 4;

/** Weights in the order in which they are read, in WebAssembly memory of their own, which goes with them. */
export interface PackedHead {
  /**
   * @param features f32 [rows, features]
   * @returns f32 [rows, labels], without biases
   */
  multiply(features: Float32Array): Float32Array;
}

/** @param weights f32 [features, labels] */
export function packHead(
  createKernel: CreateKernel,
  weights: Float32Array,
  { features, labels }: { readonly features: number; readonly labels: number },
): PackedHead {
  const panels = Math.ceil(labels / PANEL);
  const panelSize = (features + 1) * PANEL;
  const from = panels * panelSize;
  const out = from + MAX_ROWS * features;
  const outRow = panels * PANEL;
  const kernel = createKernel((out + MAX_ROWS * outRow) * FLOAT_BYTES);
  const floats = new Float32Array(kernel.memory.buffer);
  for (let panel = 0; panel < panels; panel++) {
    const first = panel * PANEL;
    const width = Math.min(PANEL, labels - first);
    for (let feature = 0; feature < features; feature++) {
      const to = panel * panelSize + (feature + 1) * PANEL;
      for (let label = 0; label < width; label++) {
        floats[to + label] = weights[feature * labels + first + label]!;
      }
    }
  }
  const bytesOf = (count: number): number => count * FLOAT_BYTES;
  return {
    multiply(rows) {
      const count = rows.length / features;
      const products = new Float32Array(count * labels);
      for (let row = 0; row < count; row += MAX_ROWS) {
        const few = Math.min(MAX_ROWS, count - row);
        floats.set(rows.subarray(row * features, (row + few) * features), from);
        kernel.product(few, bytesOf(from), bytesOf(features), 0, panels, bytesOf(out), bytesOf(outRow));
        for (let i = 0; i < few; i++) {
          products.set(floats.subarray(out + i * outRow, out + i * outRow + labels), (row + i) * labels);
        }
      }
      return products;
    },
  };
}
