import { ArtifactCorruptError } from '../errors/artifact-corrupt-error.js';

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const MAX_HEADER_BYTES = 4 * 1024 * 1024;
const MAX_TENSORS = 4096;
const WIDTH: Readonly<Record<string, number>> = { F32: 4, F16: 2 };

/**
 * Reads a safetensors file of F32 and F16 tensors; F16 is widened. Every offset and shape is checked
 * before a byte is read, because the file may come from anyone.
 * @throws ArtifactCorruptError when the file is not a sound safetensors file
 * @see https://huggingface.co/docs/safetensors (format)
 */
export function readSafetensors(file: Uint8Array): ReadonlyMap<string, StoredTensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < 8) throw corrupt('it is shorter than its header');
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > file.byteLength) throw corrupt('its header length is wrong');
  const header = parseHeader(file.subarray(8, 8 + headerBytes));
  const body = new DataView(file.buffer, file.byteOffset + 8 + headerBytes, file.byteLength - 8 - headerBytes);
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (entries.length > MAX_TENSORS) throw corrupt(`it holds more than ${MAX_TENSORS} tensors`);
  const tensors = entries.map(([name, entry]) => describeTensor(name, entry, body.byteLength));
  // Shared bytes would let a small file ask for any amount of memory.
  let end = 0;
  for (const tensor of tensors.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (tensor.begin < end) throw corrupt(`tensor "${tensor.name}" overlaps another`);
    end = tensor.end;
  }
  return new Map(tensors.map((tensor) => [tensor.name, readTensor(tensor, body)]));
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  try {
    const header: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (typeof header === 'object' && header !== null && !Array.isArray(header)) return header as Record<string, unknown>;
  } catch (cause) {
    throw corrupt('its header is not JSON', cause);
  }
  throw corrupt('its header is not an object');
}

interface Placed {
  readonly name: string;
  readonly width: number;
  readonly shape: readonly number[];
  readonly count: number;
  readonly begin: number;
  readonly end: number;
}

function describeTensor(name: string, entry: unknown, bodyBytes: number): Placed {
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const width = typeof dtype === 'string' ? WIDTH[dtype] : undefined;
  if (width === undefined) throw corrupt(`tensor "${name}" is of type ${String(dtype)}; F32 and F16 are read`);
  if (!isNaturals(shape) || !isNaturals(offsets) || offsets.length !== 2) throw corrupt(`tensor "${name}" is ill-described`);
  const [begin, end] = offsets as [number, number];
  const count = shape.reduce((product, size) => product * size, 1);
  if (begin > end || end > bodyBytes || end - begin !== count * width) {
    throw corrupt(`the offsets of tensor "${name}" do not fit its shape`);
  }
  return { name, width, shape, count, begin, end };
}

function readTensor({ width, shape, count, begin }: Placed, body: DataView): StoredTensor {
  const data = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    data[i] = width === 4 ? body.getFloat32(begin + 4 * i, true) : halfToFloat(body.getUint16(begin + 2 * i, true));
  }
  return { shape, data };
}

const isNaturals = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 8 && value.every((each) => Number.isSafeInteger(each) && each >= 0);

/** IEEE 754 binary16 to a number. */
function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function corrupt(why: string, cause?: unknown): ArtifactCorruptError {
  return new ArtifactCorruptError({
    message: `The safetensors file is damaged: ${why}.`,
    hint: 'Fetch the delta again, or export it anew.',
    cause,
  });
}
