/** A field of a protocol buffer as it lies in its message, so that a message can be written anew around it. */
export interface MessagePart {
  readonly number: number;
  /** The whole field, its key included. */
  readonly raw: Uint8Array;
  /** What is in it, where it is length-delimited. */
  readonly bytes: Uint8Array | undefined;
  /** Its value, where it is a varint. */
  readonly value: number | undefined;
}

/**
 * The fields of a message with the bytes they are made of; all are views.
 * @throws RangeError when it ends in the middle of a field, or is none
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function readParts(message: Uint8Array): MessagePart[] {
  const parts: MessagePart[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined || scale > 2 ** 63) throw new RangeError('a field of the message is cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const skip = (length: number): number => {
    if (at + length > message.length) throw new RangeError('a field of the message is cut off');
    at += length;
    return at - length;
  };
  while (at < message.length) {
    const start = at;
    const key = varint();
    let bytes: Uint8Array | undefined;
    let value: number | undefined;
    switch (key % 8) {
      case 0:
        value = varint();
        break;
      case 1:
        skip(8);
        break;
      case 2: {
        const length = varint();
        const from = skip(length);
        bytes = message.subarray(from, from + length);
        break;
      }
      case 5:
        skip(4);
        break;
      default:
        throw new RangeError('the message has a field of an unknown kind');
    }
    parts.push({ number: Math.floor(key / 8), raw: message.subarray(start, at), bytes, value });
  }
  return parts;
}

/** One field: a number is a varint, anything else is length-delimited. */
export function fieldOf(number: number, value: number | string | readonly Uint8Array[]): Uint8Array[] {
  if (typeof value === 'number') return [varintOf(number * 8), varintOf(value)];
  const chunks = typeof value === 'string' ? [new TextEncoder().encode(value)] : value;
  return [varintOf(number * 8 + 2), varintOf(lengthOf(chunks)), ...chunks];
}

/** The chunks as one: what is large is copied here and nowhere else. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(lengthOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const lengthOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { length }) => sum + length, 0);

function varintOf(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
