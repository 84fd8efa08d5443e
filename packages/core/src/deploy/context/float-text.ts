/** Numbers as base64 of little-endian float32. */
export function encodeFloats(values: Float64Array | Float32Array): string {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let i = 0; i < values.length; i++) view.setFloat32(i * 4, values[i]!, true);
  const bytes = new Uint8Array(view.buffer);
  let text = '';
  for (let from = 0; from < bytes.length; from += 0x8000)
    // As it is: spread, each byte would be asked for by itself.
    text += Reflect.apply(String.fromCharCode, undefined, bytes.subarray(from, from + 0x8000)) as string;
  return btoa(text);
}

/** @returns undefined for what is no base64, of another length, or not finite */
export function decodeFloats(text: string, length?: number): Float32Array | undefined {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    return undefined;
  }
  if (binary.length !== (length ?? Math.floor(binary.length / 4)) * 4) return undefined;
  const view = new DataView(new ArrayBuffer(binary.length));
  for (let i = 0; i < binary.length; i++) view.setUint8(i, binary.charCodeAt(i));
  const values = new Float32Array(binary.length / 4);
  for (let i = 0; i < values.length; i++) {
    values[i] = view.getFloat32(i * 4, true);
    if (!Number.isFinite(values[i])) return undefined;
  }
  return values;
}
