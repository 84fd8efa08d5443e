import { describeGraph } from './describe-graph.js';
import { readOnnx, type OnnxGraph, type OnnxTensor } from '../../delta/layers/onnx-file.js';

/**
 * FNV-1a of the one graph that is known here, as `describeGraph` has it; a test spells it out. The words themselves
 * would be a thirtieth of the worker.
 */
const STATIC_ENCODER = 0xcbe83600;

/** TensorProto.DataType */
const FLOAT = 1;
const INT64 = 7;
const UINT4 = 21;
/** Values that share a scale and a zero point. */
export const BLOCK = 32;

/** Far beyond what is clipped. */
const FAR_AWAY = 1000;

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
  if (!graph || hashOf(describeGraph(graph)) !== STATIC_ENCODER) return undefined;
  const { tensors } = graph;
  const [tokens, scales, zeroPoints] = tensors as [OnnxTensor, OnnxTensor, OnnxTensor];
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
  // The one stands for "counts" as well, the other keeps what does not count from every extreme.
  if (float(5) !== 1 || float(8) < FAR_AWAY) return undefined;
  return {
    vocabulary,
    width,
    tokens: tokens.data,
    scales: floatsOf(scales),
    zeroPoints: zeroPoints.data,
    special: [3, 4].map((i) => viewOf(tensors[i]!).getUint32(0, true)),
    highest: float(5),
    lowest: float(9),
    smallestNorm: float(11),
    meanWeight: float(12),
    extremeWeight: float(13),
  };
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** A file that is no ONNX file is told of by the runtime that it is meant for. */
function read(file: Uint8Array): OnnxGraph | undefined {
  try {
    return readOnnx(file);
  } catch {
    return undefined;
  }
}

const hasBytes = (tensor: OnnxTensor | undefined, type: number, bytes: number): boolean =>
  tensor?.type === type && tensor.data.length === bytes;

const viewOf = ({ data }: OnnxTensor): DataView => new DataView(data.buffer, data.byteOffset, data.length);

/** A copy: in the file they need not be aligned. */
const floatsOf = ({ data }: OnnxTensor): Float32Array => new Float32Array(data.slice().buffer);
