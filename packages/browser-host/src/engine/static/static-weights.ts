import { describeGraph } from './describe-graph.js';
import { readOnnx, type OnnxGraph, type StoredTensor } from './onnx-file.js';

/** The graph of a static encoder: 4-bit token vectors, of which mean, largest and smallest values are pooled. */
const STATIC_ENCODER = [
  'GatherBlockQuantized(t0 input_ids t1 t2) block_size=32 gather_axis=0 quantize_axis=1',
  'Equal(input_ids t3)',
  'Equal(input_ids t4)',
  'Or(n1 n2)',
  'Cast(attention_mask) to=1',
  'Cast(n3) to=1',
  'Sub(t5 n5)',
  'Mul(n4 n6)',
  'Unsqueeze(n7 t6)',
  'Sub(t5 n8)',
  'Mul(n9 t8)',
  'Mul(n0 n8)',
  'ReduceSum(n11 t7) keepdims=0',
  'ReduceSum(n8 t7) keepdims=0',
  'Max(n13 t5)',
  'Div(n12 n14)',
  'Sub(n0 n10)',
  'ReduceMax(n16) axes=1 keepdims=0',
  'Clip(n17 t9 t5)',
  'Add(n0 n10)',
  'ReduceMin(n19) axes=1 keepdims=0',
  'Clip(n20 t9 t5)',
  'Mul(n15 n15)',
  'ReduceSum(n22 t10) keepdims=1',
  'Sqrt(n23)',
  'Max(n24 t11)',
  'Div(n15 n25)',
  'Mul(n15 t12)',
  'Mul(n18 t13)',
  'Mul(n21 t13)',
  'Concat(n27 n28 n29) axis=1',
  'MatMul(n30 head_w)',
  'Add(n31 head_b)',
  'embedding=n26 logits=n32',
].join('\n');

/** TensorProto.DataType */
const FLOAT = 1;
const INT64 = 7;
const UINT4 = 21;
/** Values that share a scale and a zero point. */
export const BLOCK = 32;

/** Stored tensors that say along which axis something is done, and which one is known here. */
const AXES = [
  [6, 2n],
  [7, 1n],
  [10, -1n],
] as const;

/** The stored tensors of a static encoder, by what they are. */
export interface StaticWeights {
  readonly vocabulary: number;
  readonly width: number;
  /** Two values a byte, the lower half first. */
  readonly tokens: Uint8Array;
  /** f32 [vocabulary, width / 32] */
  readonly scales: Float32Array;
  /** Like `tokens`, one a block. */
  readonly zeroPoints: Uint8Array;
  /** Tokens that are no part of the text. */
  readonly special: readonly number[];
  readonly farAway: number;
  readonly lowest: number;
  readonly highest: number;
  readonly smallestNorm: number;
  readonly meanWeight: number;
  readonly extremeWeight: number;
}

/**
 * @param file an ONNX file, or anything else
 * @returns undefined when the graph is not exactly the one that is known here
 */
export function readStaticWeights(file: Uint8Array): StaticWeights | undefined {
  const graph = read(file);
  if (!graph || describeGraph(graph) !== STATIC_ENCODER) return undefined;
  const { tensors } = graph;
  const [tokens, scales, zeroPoints] = tensors as [StoredTensor, StoredTensor, StoredTensor];
  const [vocabulary = 0, width = 0] = tokens.dims;
  const blocks = (vocabulary * width) / BLOCK;
  const isSound =
    width % (2 * BLOCK) === 0 &&
    hasBytes(tokens, UINT4, (vocabulary * width) / 2) &&
    hasBytes(scales, FLOAT, blocks * 4) &&
    hasBytes(zeroPoints, UINT4, blocks / 2) &&
    [3, 4].every((i) => hasBytes(tensors[i], INT64, 8)) &&
    AXES.every(([i, axis]) => hasBytes(tensors[i], INT64, 8) && viewOf(tensors[i]!).getBigInt64(0, true) === axis) &&
    [5, 8, 9, 11, 12, 13].every((i) => hasBytes(tensors[i], FLOAT, 4));
  if (!isSound) return undefined;
  const float = (i: number): number => viewOf(tensors[i]!).getFloat32(0, true);
  // It stands for "counts" as well.
  if (float(5) !== 1) return undefined;
  return {
    vocabulary,
    width,
    tokens: tokens.data,
    scales: floatsOf(scales),
    zeroPoints: zeroPoints.data,
    special: [3, 4].map((i) => viewOf(tensors[i]!).getUint32(0, true)),
    highest: float(5),
    farAway: float(8),
    lowest: float(9),
    smallestNorm: float(11),
    meanWeight: float(12),
    extremeWeight: float(13),
  };
}

/** A file that is no ONNX file is told of by the runtime that it is meant for. */
function read(file: Uint8Array): OnnxGraph | undefined {
  try {
    return readOnnx(file);
  } catch {
    return undefined;
  }
}

const hasBytes = (tensor: StoredTensor | undefined, type: number, bytes: number): boolean =>
  tensor?.type === type && tensor.data.length === bytes;

const viewOf = ({ data }: StoredTensor): DataView => new DataView(data.buffer, data.byteOffset, data.length);

/** A copy: in the file they need not be aligned. */
const floatsOf = ({ data }: StoredTensor): Float32Array => new Float32Array(data.slice().buffer);
