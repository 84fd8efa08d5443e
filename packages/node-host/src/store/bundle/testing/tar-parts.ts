/** An entry of a tar file as a test makes it: a header that may lie, and what follows it. */
export interface Part {
  readonly name: string;
  readonly content: Buffer;
  readonly type?: string;
  readonly link?: string;
}

export const END = Buffer.alloc(1024);

/** Takes a tar file apart. */
export function partsOf(archive: Buffer): Part[] {
  const parts: Part[] = [];
  for (let at = 0; archive[at] !== 0;) {
    const text = (from: number, size: number): string =>
      archive
        .subarray(at + from, at + from + size)
        .toString('latin1')
        .replace(/\0.*$/s, '');
    const bytes = Number.parseInt(text(124, 12), 8);
    parts.push({ name: text(0, 100), content: archive.subarray(at + 512, at + 512 + bytes) });
    at += 512 + Math.ceil(bytes / 512) * 512;
  }
  return parts;
}

export const archiveOf = (parts: readonly Part[]): Buffer => Buffer.concat([...parts.flatMap(blocksOf), END]);

function blocksOf({ name, content, type = '0', link = '' }: Part): Buffer[] {
  const header = Buffer.alloc(512);
  const octal = (value: number, size: number): string => `${value.toString(8).padStart(size - 1, '0')}\0`;
  header.write(name, 0, 100, 'latin1');
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(0, 12), 136);
  header.write('        ', 148);
  header.write(type, 156);
  header.write(link, 157, 100, 'latin1');
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
}
