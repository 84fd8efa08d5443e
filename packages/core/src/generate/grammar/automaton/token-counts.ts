import type { TokenBytes } from '../grammar.js';

/** How few tokens of a vocabulary a text can be written in. */
export interface TokenCounts {
  /**
   * Whether every byte that JSON needs is a token of its own: else nobody knows how few tokens its texts take, and
   * what is said here means nothing.
   */
  readonly areKnown: boolean;
  /** From each byte of a text to its end, behind the last byte 0; Infinity where there are no such tokens. */
  ofBytes(bytes: Uint8Array): number[];
  /** Of so many characters of a JSON string, whichever they are. */
  ofCharacters(count: number): number;
  /** Whether there is a token of this byte alone. */
  hasByte(byte: number): boolean;
}

/** Tokens are rarely longer, and a text is looked at as often. */
const LONGEST = 32;

export function createTokenCounts({ vocabulary, bytesOf, endTokens }: TokenBytes): TokenCounts {
  const single = new Set<number>();
  const texts = new Set<string>();
  const lengths = new Set<number>();
  const ends = new Set(endTokens);
  for (let token = 0; token < vocabulary; token++) {
    const bytes = ends.has(token) ? undefined : bytesOf(token);
    if (bytes === undefined || bytes.length === 0 || bytes.length > LONGEST) continue;
    if (bytes.length === 1) single.add(bytes[0]!);
    if (isPlain(bytes)) lengths.add(bytes.length);
    texts.add(String.fromCharCode(...bytes));
  }
  let areKnown = true;
  for (let byte = 0x20; byte < 0xc0; byte++) areKnown &&= byte === 0x7f || single.has(byte);
  let most = 1;
  while (lengths.has(most + 1)) most++;
  return {
    areKnown,
    ofBytes(bytes) {
      const text = String.fromCharCode(...bytes);
      const counts = Array.from<number>({ length: text.length + 1 }).fill(Infinity);
      counts[text.length] = 0;
      for (let from = text.length - 1; from >= 0; from--)
        for (let to = from + 1; to <= Math.min(text.length, from + LONGEST); to++)
          if (counts[to]! + 1 < counts[from]! && texts.has(text.slice(from, to))) counts[from] = counts[to]! + 1;
      return counts;
    },
    ofCharacters: (count) => Math.ceil(count / most),
    hasByte: (byte) => single.has(byte),
  };
}

/** Characters of a byte each that a JSON string holds as they are. */
function isPlain(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c);
}
