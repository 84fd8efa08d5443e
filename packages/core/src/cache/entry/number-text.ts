const CHUNK = 0x2000;

/** Numbers of a typed array as base64 of their bytes, little-endian: each comes back as it was. */
export function toBase64({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): string {
  const bytes = new Uint8Array(buffer, byteOffset, byteLength);
  let binary = '';
  for (let at = 0; at < bytes.length; at += CHUNK) binary += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(binary);
}

export const toFloat64 = (base64: string): Float64Array => new Float64Array(bytesOf(base64, 8));
export const toFloat32 = (base64: string): Float32Array => new Float32Array(bytesOf(base64, 4));

/** @throws RangeError when it is no whole number of numbers; what `atob` throws when it is no base64 */
function bytesOf(base64: string, size: number): ArrayBuffer {
  const binary = atob(base64);
  // A loop: `Uint8Array.from` takes ten times as long.
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = binary.charCodeAt(i);
  if (bytes.length % size !== 0) throw new RangeError('part of a number');
  return bytes.buffer;
}
