import { SCALE, type StoredTensor } from '../safetensors.js';
import { quantiseRows } from './quantise-rows.js';
import { toHalves } from './to-halves.js';

/** How the values of a file are kept. `int8` is of this format alone; PEFT reads the others. */
export type StoredType = 'F32' | 'F16' | 'int8';

interface Part {
  readonly name: string;
  readonly dtype: 'F32' | 'F16' | 'I8';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** Widest first, so that every tensor starts where its type may. */
const ORDER = ['F32', 'F16', 'I8'] as const;

/**
 * Writes a safetensors file: the same tensors give the same bytes. With `int8` what has rows becomes I8 with a scale a
 * row in `<name>.scale`, and the rest stays F32.
 * @param metadata texts for whoever reads the file, such as PEFT's `{ format: 'pt' }`
 * @throws RangeError for values that are not finite, or too large for F16
 * @see https://huggingface.co/docs/safetensors (format)
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  { dtype, metadata }: { readonly dtype: StoredType; readonly metadata?: Readonly<Record<string, string>> },
): Uint8Array<ArrayBuffer> {
  const parts = [...tensors]
    .flatMap(([name, tensor]) => partsOf(name, tensor, dtype))
    .toSorted((a, b) => ORDER.indexOf(a.dtype) - ORDER.indexOf(b.dtype) || (a.name < b.name ? -1 : 1));
  // Without a prototype, so that a tensor may be called `__proto__`.
  const header = Object.assign(Object.create(null) as Record<string, unknown>, metadata && { __metadata__: metadata });
  let bodyBytes = 0;
  for (const { name, dtype: type, shape, bytes } of parts) {
    header[name] = { dtype: type, shape, data_offsets: [bodyBytes, (bodyBytes += bytes.length)] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerBytes + bodyBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true);
  file.set(json, 8);
  file.fill(0x20, 8 + json.length, 8 + headerBytes);
  let at = 8 + headerBytes;
  for (const { bytes } of parts) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}

function partsOf(name: string, { shape, data }: StoredTensor, dtype: StoredType): Part[] {
  if (!data.every(Number.isFinite)) throw new RangeError(`"${name}" holds values that are not finite`);
  const [rows = 0] = shape;
  switch (dtype) {
    case 'F32':
      return [{ name, dtype, shape, bytes: bytesOf(data) }];
    case 'F16':
      return [{ name, dtype, shape, bytes: bytesOf(toHalves(data)) }];
    case 'int8': {
      if (shape.length < 2) return partsOf(name, { shape, data }, 'F32');
      const { values, scales } = quantiseRows(data, rows);
      return [
        { name, dtype: 'I8', shape, bytes: bytesOf(values) },
        { name: name + SCALE, dtype: 'F32', shape: [rows], bytes: bytesOf(scales) },
      ];
    }
    default:
      return dtype satisfies never;
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
