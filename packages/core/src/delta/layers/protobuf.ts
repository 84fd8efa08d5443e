/** One field of a message. Doubles are skipped: nothing here reads them. */
export type Field =
  | { readonly number: number; readonly kind: 'number'; readonly value: number }
  | { readonly number: number; readonly kind: 'float'; readonly value: number }
  | { readonly number: number; readonly kind: 'bytes'; readonly bytes: Uint8Array };

/**
 * The fields of a protocol buffer message, in order; bytes are views.
 * @throws RangeError when it ends in the middle of a field, or is none
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function readFields(message: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;

  /** Up to 64 bits; whatever is beyond 2^53 is no size of anything here and need not be exact. */
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('a field of the message is cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > message.length) throw new RangeError('a field of the message is cut off');
    at += length;
    return message.subarray(at - length, at);
  };

  while (at < message.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case 0:
        fields.push({ number, kind: 'number', value: varint() });
        break;
      case 1:
        take(8);
        break;
      case 2:
        fields.push({ number, kind: 'bytes', bytes: take(varint()) });
        break;
      case 5:
        fields.push({ number, kind: 'float', value: littleEndian(take(4)).getFloat32(0, true) });
        break;
      default:
        throw new RangeError('the message has a field of an unknown kind');
    }
  }
  return fields;
}

const littleEndian = ({ buffer, byteOffset, byteLength }: Uint8Array): DataView =>
  new DataView(buffer, byteOffset, byteLength);

/** What a field has of messages, texts and lists, each as its bytes. */
export const bytesOf = (fields: readonly Field[], number: number): Uint8Array[] =>
  fields.flatMap((field) => (field.number === number && field.kind === 'bytes' ? field.bytes : []));

/** Repeated numbers, one by one or packed. */
export const numbersOf = (fields: readonly Field[], number: number): number[] =>
  fields.flatMap((field) => {
    if (field.number !== number || field.kind === 'float') return [];
    return field.kind === 'bytes' ? readPacked(field.bytes) : field.value;
  });

function readPacked(bytes: Uint8Array): number[] {
  // A list of numbers alone reads like fields without a key: give each one.
  const values: number[] = [];
  for (let at = 0, value = 0, scale = 1; at < bytes.length; at++) {
    value += (bytes[at]! & 0x7f) * scale;
    scale *= 128;
    if (bytes[at]! < 0x80) {
      values.push(value);
      [value, scale] = [0, 1];
    }
  }
  return values;
}

export const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
