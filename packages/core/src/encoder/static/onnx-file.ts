import { readFields, type Field } from '../../delta/layers/protobuf.js';

/** A tensor stored in the file; `data` is a view into it. */
export interface StoredTensor {
  readonly name: string;
  readonly dims: readonly number[];
  /** As TensorProto.DataType counts. */
  readonly type: number;
  /** Little endian, as the file has it. */
  readonly data: Uint8Array;
}

interface OnnxNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers only: no graph that is looked for here has others. */
  readonly attributes: Readonly<Record<string, readonly number[]>>;
}

/** What of an ONNX file is needed to know a graph by its nodes. */
export interface OnnxGraph {
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly StoredTensor[];
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
    outputs: bytesOf(graph, 12).map((output) => text(bytesOf(readFields(output), 1)[0])),
  };
}

function readNode(bytes: Uint8Array): OnnxNode {
  const fields = readFields(bytes);
  return {
    op: text(bytesOf(fields, 4)[0]),
    inputs: bytesOf(fields, 1).map(text),
    outputs: bytesOf(fields, 2).map(text),
    attributes: Object.fromEntries(bytesOf(fields, 5).map(readAttribute)),
  };
}

function readAttribute(bytes: Uint8Array): [string, number[]] {
  const fields = readFields(bytes);
  return [text(bytesOf(fields, 1)[0]), [...numbersOf(fields, 3), ...numbersOf(fields, 8)]];
}

function readTensor(bytes: Uint8Array): StoredTensor {
  const fields = readFields(bytes);
  return {
    name: text(bytesOf(fields, 8)[0]),
    dims: numbersOf(fields, 1),
    type: numbersOf(fields, 2)[0] ?? 0,
    data: bytesOf(fields, 9)[0] ?? new Uint8Array(),
  };
}

const bytesOf = (fields: readonly Field[], number: number): Uint8Array[] =>
  fields.flatMap((field) => (field.number === number && field.kind === 'bytes' ? field.bytes : []));

/** Repeated numbers, one by one or packed. */
const numbersOf = (fields: readonly Field[], number: number): number[] =>
  fields.flatMap((field) => {
    if (field.number !== number || field.kind === 'float') return [];
    return field.kind === 'bytes' ? readPacked(field.bytes) : field.value;
  });

function readPacked(bytes: Uint8Array): number[] {
  // A list of numbers alone reads like fields without a key: give each one.
  const values: number[] = [];
  for (let at = 0, value = 0, scale = 1; at < bytes.length; at++) {
    value += (bytes[at]! & 0x7f) * scale;
    scale *= 128;
    if (bytes[at]! < 0x80) {
      values.push(value);
      [value, scale] = [0, 1];
    }
  }
  return values;
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
