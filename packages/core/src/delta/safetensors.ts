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
    if (typeof header === 'object' && header !== null && !Array.isArray(header))
      return header as Record<string, unknown>;
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
  if (!isNaturals(shape) || !isNaturals(offsets) || offsets.length !== 2)
    throw corrupt(`tensor "${name}" is ill-described`);
  const [begin, end] = offsets as [number, number];
  const count = shape.reduce((product, size) => product * size, 1);
  if (begin > end || end > bodyBytes || end - begin !== count * width) {
    throw corrupt(`the offsets of tensor "${name}" do not fit its shape`);
  }
  return { name, width, shape, count, begin, end };
}

function readTensor({ width, shape, count, begin, end }: Placed, body: DataView): StoredTensor {
  // Copied, because a tensor may start at any byte and typed arrays may not. Little-endian, as every host here is.
  const bytes = new Uint8Array(body.buffer, body.byteOffset + begin, end - begin).slice();
  return { shape, data: width === 4 ? new Float32Array(bytes.buffer) : widen(new Uint16Array(bytes.buffer), count) };
}

/** IEEE 754 binary16 to binary32, bit by bit: a loop over floats would be a noticeable part of a cold start. */
function widen(halves: Uint16Array, count: number): Float32Array {
  const floats = new Float32Array(count);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < count; i++) {
    const half = halves[i]!;
    const exponent = half & 0x7c00;
    const sign = (half & 0x8000) << 16;
    if (exponent === 0) floats[i] = (half & 0x8000 ? -1 : 1) * (half & 0x3ff) * 2 ** -24;
    else bits[i] = sign | (exponent === 0x7c00 ? 0x7f800000 : (exponent + 0x1c000) << 13) | ((half & 0x3ff) << 13);
  }
  return floats;
}

const isNaturals = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 8 && value.every((each) => Number.isSafeInteger(each) && each >= 0);

function corrupt(why: string, cause?: unknown): ArtifactCorruptError {
  return new ArtifactCorruptError({
    message: `The safetensors file is damaged: ${why}.`,
    hint: 'Fetch the delta again, or export it anew.',
    cause,
  });
}
