import { createTarPacker } from 'modern-tar';

export const BLOCK_BYTES = 512;
/** Two empty blocks end an archive. */
export const END_BYTES = 2 * BLOCK_BYTES;

/**
 * The one header (ustar, a plain file, no owner, no date) that a file of this name and size has in a bundle. Reading
 * compares with it, byte for byte: links, devices, extended headers and everything else that a tar may say are not
 * parsed at all.
 */
export async function tarHeader(path: string, bytes: number): Promise<Buffer> {
  const { readable, controller } = createTarPacker();
  const facts = { type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) } as const;
  controller.add({ name: path, size: bytes, ...facts });
  const reader = readable.getReader();
  const { value } = await reader.read();
  await reader.cancel();
  return Buffer.from(value!);
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
export function describeHeader(block: Buffer): string {
  if (block.every((byte) => byte === 0)) return 'the end of the archive';
  const name = block
    .subarray(0, 100)
    .toString('latin1')
    .replace(/\0.*$/s, '')
    .replace(/[^\x20-\x7e]/g, '?');
  const kind = KINDS[String.fromCharCode(block[156]!)];
  return kind === undefined ? `an entry "${name}"` : `${kind} "${name}"`;
}

export const isTar = (block: Buffer): boolean => block.subarray(257, 262).toString('latin1') === 'ustar';

/** The size in a header; undefined when it is not written as it should be. */
export function sizeIn(block: Buffer): number | undefined {
  const text = block.subarray(124, 136).toString('latin1');
  return /^[0-7]{11}\0$/.test(text) ? Number.parseInt(text, 8) : undefined;
}
