export const BLOCK_BYTES = 512;
/** Two empty blocks end an archive. */
export const END_BYTES = 2 * BLOCK_BYTES;

const NAME_BYTES = 100;
const CHECKSUM_AT = 148;
const KIND_AT = 156;
const PREFIX_AT = 345;
const MAX_BYTES = 8 ** 11;

/**
 * The one header (ustar, a plain file, no owner, no date) that a file of this name and size has in a bundle. Reading
 * compares with it, byte for byte: links, devices, extended headers and everything else that a tar may say are not
 * parsed at all.
 * @param path of ASCII; at most 100 characters behind a "/" and 155 before it
 */
export function tarHeader(path: string, bytes: number): Uint8Array<ArrayBuffer> {
  if (bytes >= MAX_BYTES) throw new RangeError(`${bytes} bytes are more than a tar header can say`);
  const block = new Uint8Array(BLOCK_BYTES);
  const write = (text: string, at: number): void => block.set(new TextEncoder().encode(text), at);
  const { prefix, name } = split(path);
  write(name, 0);
  write(octal(0o644, 8), 100);
  write(octal(0, 8), 108);
  write(octal(0, 8), 116);
  write(octal(bytes, 12), 124);
  write(octal(0, 12), 136);
  write('        ', CHECKSUM_AT);
  write('0', KIND_AT);
  write('ustar\x0000', 257);
  write(prefix, PREFIX_AT);
  const sum = block.reduce((total, byte) => total + byte, 0);
  write(`${octal(sum, 7)} `, CHECKSUM_AT);
  return block;
}

/** Zeros between the end of a file and the next block. */
export const paddingOf = (bytes: number): number => (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;

/** Bytes of an archive with files of these sizes. */
export const archiveBytes = (sizes: readonly number[]): number =>
  sizes.reduce((sum, bytes) => sum + BLOCK_BYTES + bytes + paddingOf(bytes), END_BYTES);

const KINDS: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '5': 'a folder',
  '6': 'a pipe',
  g: 'an extended header',
  x: 'an extended header',
  L: 'an extended header',
  K: 'an extended header',
};

/** What a header seems to be, for messages only. */
export function describeHeader(block: Uint8Array): string {
  if (isZero(block)) return 'the end of the archive';
  const name = latin1(block.subarray(0, NAME_BYTES))
    .replace(/\0.*$/s, '')
    .replace(/[^\x20-\x7e]/g, '?');
  const kind = KINDS[String.fromCharCode(block[KIND_AT]!)];
  return kind === undefined ? `an entry "${name}"` : `${kind} "${name}"`;
}

export const isTar = (block: Uint8Array): boolean => latin1(block.subarray(257, 262)) === 'ustar';

/** The size in a header; undefined when it is not written as it should be. */
export function sizeIn(block: Uint8Array): number | undefined {
  const text = latin1(block.subarray(124, 136));
  return /^[0-7]{11}\0$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

export const areEqual = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index]);

const latin1 = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

/** Digits of a field that ends with a zero byte. */
const octal = (value: number, size: number): string => `${value.toString(8).padStart(size - 1, '0')}\0`;

/** A long path stands in two fields, parted at a "/": the last one that fits. */
function split(path: string): { prefix: string; name: string } {
  if (path.length <= NAME_BYTES) return { prefix: '', name: path };
  const at = path.lastIndexOf('/');
  return { prefix: path.slice(0, at), name: path.slice(at + 1) };
}
