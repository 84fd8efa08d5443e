import { z } from 'zod/mini';
import { wrongAnswer } from './exchange-failure.js';
import { atMost, parseJson, parseReply, parseValue } from './parse-reply.js';

/** What an output tensor holds. */
export interface Tensor {
  readonly name: string;
  readonly datatype: 'FP32' | 'FP64' | 'BYTES';
  readonly shape: readonly number[];
  /** Numbers of FP32 and FP64, texts of BYTES: as many as the shape says. */
  readonly values: readonly (number | string)[] | Float64Array;
}

export interface InferReply {
  readonly id: string | undefined;
  readonly outputs: readonly Tensor[];
  readonly parameters: z.infer<typeof parametersSchema>;
}

const MAX_VALUES = 1_000_000;

const sha256Schema = z.string().check(z.regex(/^[0-9a-f]{64}$/));

/** What Terrace adds to the protocol. */
const parametersSchema = z.object({
  terrace_variant: z.nullish(sha256Schema),
  terrace_delta: z.nullish(sha256Schema),
  terrace_cost_usd: z.nullish(z.number().check(z.nonnegative(), z.maximum(1e6))),
});

const outputSchema = z.object({
  name: z.string().check(z.maxLength(256)),
  datatype: z.string().check(z.maxLength(32)),
  shape: atMost(8, z.int().check(z.nonnegative(), z.maximum(MAX_VALUES))),
  parameters: z.nullish(z.object({ binary_data_size: z.nullish(z.int().check(z.nonnegative(), z.maximum(2 ** 31))) })),
  data: z.optional(z.unknown()),
});

const inferSchema = z.object({
  id: z.nullish(z.string().check(z.maxLength(1024))),
  outputs: atMost(64, outputSchema),
  parameters: z.nullish(parametersSchema),
});

/**
 * Reads an answer of `infer`, as JSON or with the binary tensor extension: a JSON header, and behind it the tensors
 * that the header gives sizes for, in its order.
 * @param headerLength the header `Inference-Header-Content-Length`
 * @throws RemoteAnswerError
 */
export function readInfer(
  endpointId: string,
  {
    bytes,
    contentType,
    headerLength,
  }: { bytes: Uint8Array; contentType: string | undefined; headerLength: string | undefined },
): InferReply {
  const isBinary = headerLength !== undefined;
  const headerBytes = isBinary ? Number(headerLength) : bytes.length;
  if (isBinary && (!/^\d{1,10}$/.test(headerLength) || headerBytes > bytes.length))
    throw wrongAnswer(endpointId, 'its header is longer than all of it');
  const { id, outputs, parameters } = isBinary
    ? parseValue(endpointId, inferSchema, parseJson(endpointId, bytes.subarray(0, headerBytes)))
    : parseReply(endpointId, inferSchema, { bytes, contentType });
  let offset = headerBytes;
  const tensors = outputs.flatMap((output): Tensor[] => {
    const size = output.parameters?.binary_data_size ?? undefined;
    const from = offset;
    offset += size ?? 0;
    if (offset > bytes.length) throw wrongAnswer(endpointId, 'it is cut off within a tensor');
    const { name, datatype, shape } = output;
    if (datatype !== 'FP32' && datatype !== 'FP64' && datatype !== 'BYTES') return [];
    const count = shape.reduce((product, dimension) => product * dimension, 1);
    if (count > MAX_VALUES) throw wrongAnswer(endpointId, 'a tensor is too large');
    const values =
      size === undefined
        ? valuesOf(output.data, datatype)
        : binaryValues(bytes.subarray(from, offset), datatype, count);
    if (values?.length !== count) throw wrongAnswer(endpointId, 'a tensor is not as long as its shape says');
    return [{ name, datatype, shape, values }];
  });
  if (isBinary && offset !== bytes.length) throw wrongAnswer(endpointId, 'it is longer than its tensors');
  return { id: id ?? undefined, outputs: tensors, parameters: parameters ?? {} };
}

/** Flat, or nested as the shape is. */
function valuesOf(data: unknown, datatype: Tensor['datatype']): (number | string)[] | undefined {
  if (!Array.isArray(data) || data.length > MAX_VALUES) return undefined;
  const flat: unknown[] = Array.isArray(data[0]) ? data.flat(7) : data;
  const type = datatype === 'BYTES' ? 'string' : 'number';
  return flat.every((value): value is number | string => typeof value === type) ? flat : undefined;
}

function binaryValues(
  bytes: Uint8Array,
  datatype: Tensor['datatype'],
  count: number,
): Float64Array | string[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (datatype) {
    case 'FP32':
      if (bytes.length !== count * 4) return undefined;
      return Float64Array.from({ length: count }, (_, i) => view.getFloat32(i * 4, true));
    case 'FP64':
      if (bytes.length !== count * 8) return undefined;
      return Float64Array.from({ length: count }, (_, i) => view.getFloat64(i * 8, true));
    case 'BYTES':
      return binaryTexts(bytes, view);
    default:
      return datatype satisfies never;
  }
}

/** Each text behind its length in four bytes. */
function binaryTexts(bytes: Uint8Array, view: DataView): string[] | undefined {
  const texts: string[] = [];
  for (let offset = 0; offset < bytes.length;) {
    if (offset + 4 > bytes.length) return undefined;
    const end = offset + 4 + view.getUint32(offset, true);
    if (end > bytes.length) return undefined;
    const text = decoded(bytes.subarray(offset + 4, end));
    if (text === undefined) return undefined;
    texts.push(text);
    offset = end;
  }
  return texts;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });
