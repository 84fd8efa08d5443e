import { doesNotFit } from './does-not-fit.js';
import type { LinearSite } from './linear-sites.js';
import { fieldOf, joined } from './message-parts.js';
import type { ModuleTensors } from './module-tensors.js';

const FLOAT = 1;
const UINT8 = 2;
const BLOCK = 32;

/** A tensor that a branch needs beside the graph. */
export interface BranchTensor {
  readonly name: string;
  readonly type: number;
  readonly dims: readonly number[];
  readonly bytes: Uint8Array;
}

/** What is computed beside a product, and added to it. */
export interface Branch {
  /** NodeProtos; the last one gives `output`. */
  readonly nodes: readonly Uint8Array[];
  readonly output: string;
  readonly tensors: readonly BranchTensor[];
}

type Change = readonly (ModuleTensors | undefined)[];

/**
 * `scale * x A B`: the weights stay as they are, in however few bits. Of several modules in one product the factors stand
 * side by side, those of B in the columns of their module.
 */
export function loraBranch(site: LinearSite, change: Change, scale: number): Branch {
  const { inWidth, input, output, modules } = site;
  const outWidth = modules.reduce((sum, { width }) => sum + width, 0);
  const ranks = change.map((each) => each?.first.shape[0] ?? 0);
  const rank = ranks.reduce((sum, each) => sum + each, 0);
  const a = new Float32Array(inWidth * rank);
  const b = new Float32Array(rank * outWidth);
  let [row, column] = [0, 0];
  change.forEach((each, at) => {
    const { width } = modules[at]!;
    const own = ranks[at]!;
    if (each) {
      requireShape(each, 'first', [own, inWidth]);
      requireShape(each, 'second', [width, own]);
      for (let r = 0; r < own; r++) {
        for (let i = 0; i < inWidth; i++) a[i * rank + row + r] = each.first.data[r * inWidth + i]!;
        for (let o = 0; o < width; o++) b[(row + r) * outWidth + column + o] = scale * each.second.data[o * own + r]!;
      }
    }
    row += own;
    column += width;
  });
  const [nameA, nameB, low, full] = ['a', 'b', 'low', 'full'].map((part) => `${output}.delta.${part}`) as [
    string,
    string,
    string,
    string,
  ];
  return {
    nodes: [node('MatMul', [input, nameA], low), node('MatMul', [low, nameB], full)],
    output: full,
    tensors: [
      { name: nameA, type: FLOAT, dims: [inWidth, rank], bytes: bytesOf(a) },
      { name: nameB, type: FLOAT, dims: [rank, outWidth], bytes: bytesOf(b) },
    ],
  };
}

/** Signs as 4-bit weights of their own: 9 and 7 around the zero point 8, times the magnitude of their module. */
export function bitBranch(site: LinearSite, change: Change): Branch {
  const { inWidth, input, output, modules } = site;
  const outWidth = modules.reduce((sum, { width }) => sum + width, 0);
  const blocks = Math.ceil(inWidth / BLOCK);
  const rowBytes = (blocks * BLOCK) / 2;
  const signs = new Uint8Array(outWidth * rowBytes).fill(0x88);
  const scales = new Float32Array(outWidth * blocks);
  const packed = Math.ceil(inWidth / 8);
  let row = 0;
  change.forEach((each, at) => {
    const { width } = modules[at]!;
    if (each) {
      requireShape(each, 'first', [width, packed]);
      requireShape(each, 'second', [1]);
      scales.fill(each.second.data[0]!, row * blocks, (row + width) * blocks);
      for (let o = 0; o < width; o++) {
        for (let i = 0; i < inWidth; i++) {
          const isPositive = (each.first.data[o * packed + (i >> 3)]! >> (i & 7)) & 1;
          const to = (row + o) * rowBytes + (i >> 1);
          const shift = (i & 1) * 4;
          signs[to] = (signs[to]! & (0xf0 >> shift)) | ((isPositive ? 9 : 7) << shift);
        }
      }
    }
    row += width;
  });
  const [nameS, nameM, full] = ['signs', 'magnitudes', 'full'].map((part) => `${output}.delta.${part}`) as [
    string,
    string,
    string,
  ];
  const integers = { K: inWidth, N: outWidth, bits: 4, block_size: BLOCK };
  return {
    nodes: [node('MatMulNBits', [input, nameS, nameM], full, { domain: 'com.microsoft', integers })],
    output: full,
    tensors: [
      { name: nameS, type: UINT8, dims: [outWidth, blocks, BLOCK / 2], bytes: signs },
      { name: nameM, type: FLOAT, dims: [outWidth * blocks], bytes: bytesOf(scales) },
    ],
  };
}

/** @see onnx.proto3: NodeProto, AttributeProto (an integer) */
export function node(
  op: string,
  inputs: readonly string[],
  output: string,
  {
    domain = '',
    integers = {},
  }: { readonly domain?: string; readonly integers?: Readonly<Record<string, number>> } = {},
): Uint8Array {
  const attributes = Object.entries(integers).map(([name, value]) =>
    fieldOf(5, [...fieldOf(1, name), ...fieldOf(3, value), ...fieldOf(20, 2)]),
  );
  const fields = [...inputs.map((name) => fieldOf(1, name)), fieldOf(2, output), fieldOf(3, output), fieldOf(4, op)];
  return joined([...fields, ...attributes, fieldOf(7, domain)].flat());
}

function requireShape(each: ModuleTensors, which: 'first' | 'second', expected: readonly number[]): void {
  const { shape } = each[which];
  if (shape.join() === expected.join()) return;
  throw doesNotFit(
    `"${each.name}" has a tensor of [${shape.join(', ')}]; [${expected.join(', ')}] belongs to the model`,
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
