import { refused } from './refusal.js';

/** Each element stands behind its length: an unsigned number of four bytes, lowest first. */
const LENGTH_BYTES = 4;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Texts of a raw BYTES tensor.
 * @param count how many its shape says there are
 * @throws InvalidRequestError when lengths and bytes disagree, and for what is not UTF-8
 */
export function readBytesTensor(bytes: Buffer, count: number): string[] {
  const texts: string[] = [];
  let at = 0;
  while (texts.length < count) {
    if (bytes.length - at < LENGTH_BYTES) throw cut();
    const length = bytes.readUInt32LE(at);
    at += LENGTH_BYTES;
    if (length > bytes.length - at) throw cut();
    texts.push(decode(bytes.subarray(at, at + length), texts.length));
    at += length;
  }
  if (at !== bytes.length) throw refused('The tensor has more elements than its shape says.', 'Correct its shape.');
  return texts;
}

/** The same, the other way round. */
export function writeBytesTensor(texts: readonly string[]): Buffer {
  return Buffer.concat(
    texts.flatMap((text) => {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32LE(Buffer.byteLength(text));
      return [length, Buffer.from(text)];
    }),
  );
}

function decode(bytes: Buffer, index: number): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw refused(`Element ${index} of the tensor is not UTF-8.`, 'Encode texts as UTF-8.');
  }
}

const cut = () =>
  refused('The tensor ends before its elements do.', 'Put four bytes with its length in front of each element.');
