import { bytesOf, numbersOf, readFields, textOf } from './protobuf.js';

/** As TensorProto.DataType counts. */
export const DATA_TYPE = { float: 1, uint8: 2, int8: 3, uint4: 21 } as const;

/** A tensor stored in the file; `data` is a view into it. */
export interface OnnxTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** One of `DATA_TYPE`, or another. */
  readonly type: number;
  /** Little endian, as the file has it. */
  readonly data: Uint8Array;
}

/** By name. */
export type OnnxTensors = ReadonlyMap<string, OnnxTensor>;

interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers only; what is a text or a tensor is an empty list. */
  readonly attributes: Readonly<Record<string, readonly number[]>>;
}

/** What of an ONNX file is needed to know an encoder, and to compute it without an inference runtime. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly outputs: readonly string[];
}

/**
 * Reads the graph of an ONNX file.
 * @throws RangeError when the bytes are no protocol buffer
 * @see onnx.proto3: ModelProto, GraphProto, NodeProto, AttributeProto, TensorProto
 */
export function readOnnx(file: Uint8Array): OnnxGraph {
  const graph = readFields(bytesOf(readFields(file), 7)[0] ?? new Uint8Array());
  return {
    nodes: bytesOf(graph, 1).map(readNode),
    tensors: bytesOf(graph, 5).map(readTensor),
    outputs: bytesOf(graph, 12).map((output) => textOf(bytesOf(readFields(output), 1)[0])),
  };
}

function readNode(bytes: Uint8Array): OnnxNode {
  const fields = readFields(bytes);
  return {
    op: textOf(bytesOf(fields, 4)[0]),
    inputs: bytesOf(fields, 1).map(textOf),
    outputs: bytesOf(fields, 2).map(textOf),
    attributes: Object.fromEntries(bytesOf(fields, 5).map(readAttribute)),
  };
}

function readAttribute(bytes: Uint8Array): [string, number[]] {
  const fields = readFields(bytes);
  const floats = fields.flatMap((field) => (field.number === 2 && field.kind === 'float' ? [field.value] : []));
  return [textOf(bytesOf(fields, 1)[0]), [...floats, ...numbersOf(fields, 3), ...numbersOf(fields, 8)]];
}

function readTensor(bytes: Uint8Array): OnnxTensor {
  const fields = readFields(bytes);
  return {
    name: textOf(bytesOf(fields, 8)[0]),
    dims: numbersOf(fields, 1),
    type: numbersOf(fields, 2)[0] ?? 0,
    data: bytesOf(fields, 9)[0] ?? new Uint8Array(),
  };
}
