import { ArtifactCorruptError } from '../errors/artifact-corrupt-error.js';

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const MAX_HEADER_BYTES = 4 * 1024 * 1024;
const MAX_TENSORS = 4096;
/** Names are shown and matched: one of megabytes, or with control characters, is nobody's. */
const MAX_NAME = 512;
const WIDTH: Readonly<Record<string, number>> = { F32: 4, F16: 2, BF16: 2, I8: 1 };
/** `X.scale` has what the rows of the 8-bit tensor `X` are multiplied with. */
export const SCALE = '.scale';

/**
 * Reads a safetensors file of F32, F16, BF16 and I8 tensors, all widened to F32. An I8 tensor `X` [rows, ...] comes
 * with `X.scale` F32 [rows], which is multiplied in and not given back. Every offset and shape is checked before a byte
 * is read, and every value after it, because the file may come from anyone.
 * @throws ArtifactCorruptError when the file is not a sound safetensors file, or holds a value that is not finite
 * @see https://huggingface.co/docs/safetensors (format)
 */
export function readSafetensors(file: Uint8Array): ReadonlyMap<string, StoredTensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.byteLength < 8) throw corrupt('it is shorter than its header');
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES || 8 + headerBytes > file.byteLength) throw corrupt('its header length is wrong');
  const header = parseHeader(file.subarray(8, 8 + headerBytes));
  const body = file.subarray(8 + headerBytes);
  const entries = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (entries.length > MAX_TENSORS) throw corrupt(`it holds more than ${MAX_TENSORS} tensors`);
  const places = entries.map(([name, entry]) => describeTensor(name, entry, body.length));
  // Shared bytes would let a small file ask for any amount of memory.
  let end = 0;
  for (const place of places.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (place.begin < end) throw corrupt(`tensor "${place.name}" overlaps another`);
    end = place.end;
  }
  const tensors = new Map(
    places.map((place) => {
      // Copied, because a tensor may start at any byte and typed arrays may not. `slice` of a Buffer would not copy.
      const { buffer } = new Uint8Array(body.subarray(place.begin, place.end));
      return [place.name, { shape: place.shape, data: readValues(place.dtype, buffer) }];
    }),
  );
  for (const { name, dtype } of places) if (dtype === 'I8') scaleRows(name, tensors);
  for (const [name, { data }] of tensors) {
    if (name.endsWith(SCALE)) throw corrupt(`"${name}" belongs to no 8-bit tensor`);
    if (!areFinite(data)) throw corrupt(`tensor "${name}" holds values that are not finite`);
  }
  return tensors;
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
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function describeTensor(name: string, entry: unknown, bodyBytes: number): Placed {
  if (name.length > MAX_NAME || /\p{C}/u.test(name))
    throw corrupt(`a tensor's name is longer than ${MAX_NAME} characters, or not printable`);
  const { dtype, shape, data_offsets: offsets } = (entry ?? {}) as Record<string, unknown>;
  const type = String(dtype);
  if (!Object.hasOwn(WIDTH, type) || (name.endsWith(SCALE) && type !== 'F32')) {
    const told = type.slice(0, 40).replaceAll(/\p{C}/gu, '?');
    throw corrupt(`tensor "${name}" is of type ${told}; F32, F16, BF16 and I8 are read, and scales of F32`);
  }
  if (!isNaturals(shape) || !isNaturals(offsets) || offsets.length !== 2)
    throw corrupt(`tensor "${name}" is ill-described`);
  const [begin, end] = offsets as [number, number];
  const bytes = shape.reduce((product, size) => product * size, WIDTH[type]!);
  if (begin > end || end > bodyBytes || end - begin !== bytes) {
    throw corrupt(`the offsets of tensor "${name}" do not fit its shape`);
  }
  return { name, dtype: type, shape, begin, end };
}

/** Little-endian, as every host here is. */
function readValues(dtype: string, buffer: ArrayBufferLike): Float32Array {
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'I8') return new Float32Array(new Int8Array(buffer));
  const halves = new Uint16Array(buffer);
  const floats = new Float32Array(halves.length);
  // By bits, of signed numbers: to compute each would be a noticeable part of a cold start, and of attaching a delta.
  const bits = new Int32Array(floats.buffer);
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const exponent = half & 0x7c00;
    if (dtype === 'BF16') bits[i] = half << 16;
    // Smaller than normal numbers, which binary32 has as normal ones.
    else if (exponent === 0) floats[i] = (half & 0x7fff) * (half & 0x8000 ? -(2 ** -24) : 2 ** -24);
    // The exponent of binary32 is 112 larger; the largest, which is no number, is the largest there as well.
    else bits[i] = ((half & 0x8000) << 16) | (((half & 0x7fff) << 13) + ((exponent === 0x7c00 ? 224 : 112) << 23));
  }
  return floats;
}

/** Multiplies the rows of an 8-bit tensor with their scales, and takes the scales out. */
function scaleRows(name: string, tensors: Map<string, StoredTensor>): void {
  const { shape, data } = tensors.get(name)!;
  const scale = tensors.get(name + SCALE);
  if (scale?.shape.join() !== String(shape[0]) || scale.data.some((each) => each < 0)) {
    throw corrupt(`the scales of tensor "${name}" do not fit it`);
  }
  const columns = data.length / scale.data.length;
  for (let i = 0; i < data.length; i++) data[i]! *= scale.data[Math.floor(i / columns)]!;
  tensors.delete(name + SCALE);
}

/** A loop, as a callback makes an object of every number. */
function areFinite(values: Float32Array): boolean {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return false;
  return true;
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
