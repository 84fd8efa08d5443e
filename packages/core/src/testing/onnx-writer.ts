/** As TensorProto.DataType counts. */
export const FLOAT = 1;
export const INT64 = 7;

export interface NodeOptions {
  readonly domain?: string;
  readonly integers?: Readonly<Record<string, number>>;
}

/** A field of a protocol buffer: a number is a varint, anything else is length-delimited. */
type Field = readonly [number: number, value: number | string | Uint8Array];

/** A graph with its weights as an ONNX file; all parts as the functions below make them. */
export function modelOf(graph: {
  readonly nodes: readonly Uint8Array[];
  readonly tensors: readonly Uint8Array[];
  readonly inputs: readonly Uint8Array[];
  readonly outputs: readonly Uint8Array[];
}): Uint8Array<ArrayBuffer> {
  const fields = (number: number, parts: readonly Uint8Array[]): Field[] => parts.map((part) => [number, part]);
  const content = message(
    ...fields(1, graph.nodes),
    [2, 'tiny'],
    ...fields(5, graph.tensors),
    ...fields(11, graph.inputs),
    ...fields(12, graph.outputs),
  );
  const opset = (domain: string, version: number): Field => [8, message([1, domain], [2, version])];
  return message([1, 8], [7, content], opset('', 18), opset('com.microsoft', 1));
}

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  { domain = '', integers = {} }: NodeOptions = {},
): Uint8Array {
  const attributes = Object.entries(integers).map(([name, value]): Field => [
    5,
    message([1, name], [3, value], [20, 2]),
  ]);
  return message(
    ...inputs.map((name): Field => [1, name]),
    ...outputs.map((name): Field => [2, name]),
    [4, op],
    ...attributes,
    [7, domain],
  );
}

/** @param values little endian, as machines have it */
export function tensor(
  name: string,
  type: typeof FLOAT | typeof INT64,
  dims: readonly number[],
  values: Float32Array | BigInt64Array,
): Uint8Array {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(...dims.map((size): Field => [1, size]), [2, type], [8, name], [9, raw]);
}

/** Name, type and dimensions of an input or output; a dimension with a name is of any size. */
export function shapeOf(name: string, type: number, dims: readonly (string | number)[]): Uint8Array {
  const shape = message(
    ...dims.map((dim): Field => [1, typeof dim === 'number' ? message([1, dim]) : message([2, dim])]),
  );
  return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
}

function message(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts = fields.flatMap(([number, value]) => {
    if (typeof value === 'number') return [varint(number * 8), varint(value)];
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    return [varint(number * 8 + 2), varint(bytes.length), bytes];
  });
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
