import { crc32 } from 'node:zlib';

/** A row: key (sha256), number of features (u32), features (f32 each), CRC-32 of all that (u32); little endian. */
const KEY_BYTES = 32;
const COUNT_BYTES = 4;
const CHECK_BYTES = 4;
const HEAD_BYTES = KEY_BYTES + COUNT_BYTES;

const rowBytes = (features: number): number => HEAD_BYTES + 4 * features + CHECK_BYTES;

/** So much of a file of rows ends with a whole one. */
export const wholeBytes = (bytes: number, features: number): number => bytes - (bytes % rowBytes(features));

/** @param rows by sha256 in hexadecimal, of equal length */
export function encodeRows(rows: ReadonlyMap<string, Float32Array>): Uint8Array {
  return Buffer.concat(Array.from(rows, ([key, row]) => encodeRow(key, row)));
}

function encodeRow(key: string, row: Float32Array): Uint8Array {
  const bytes = Buffer.alloc(rowBytes(row.length));
  bytes.write(key, 'hex');
  bytes.writeUInt32LE(row.length, KEY_BYTES);
  for (const [i, value] of row.entries()) bytes.writeFloatLE(value, HEAD_BYTES + 4 * i);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, -CHECK_BYTES)), bytes.length - CHECK_BYTES);
  return bytes;
}

/** @returns the row of each key, undefined where there is none that is what was written */
export function decodeRows(bytes: Buffer, keys: readonly string[]): (Float32Array | undefined)[] {
  const found = new Map<string, number>();
  if (bytes.length >= HEAD_BYTES) {
    const step = rowBytes(bytes.readUInt32LE(KEY_BYTES));
    for (let from = 0; from + step <= bytes.length; from += step)
      found.set(bytes.toString('hex', from, from + KEY_BYTES), from);
  }
  return keys.map((key) => {
    const from = found.get(key);
    return from === undefined ? undefined : decodeRow(bytes, from);
  });
}

function decodeRow(bytes: Buffer, from: number): Float32Array | undefined {
  const features = bytes.readUInt32LE(from + KEY_BYTES);
  const to = from + rowBytes(features);
  if (to > bytes.length || crc32(bytes.subarray(from, to - CHECK_BYTES)) !== bytes.readUInt32LE(to - CHECK_BYTES))
    return undefined;
  return Float32Array.from({ length: features }, (_, i) => bytes.readFloatLE(from + HEAD_BYTES + 4 * i));
}
