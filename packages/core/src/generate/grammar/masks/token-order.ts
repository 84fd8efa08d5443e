import type { Bounds } from '../automaton/position.js';
import type { TokenBytes } from '../grammar.js';

/** Tokens in the order of their bytes, so that those with the same beginning stand together. */
export interface TokenOrder {
  readonly vocabulary: number;
  readonly endTokens: readonly number[];
  readonly tokens: Int32Array;
  readonly bytes: readonly Uint8Array[];
  /** Bytes that each has in common with the one before it. */
  readonly shared: Uint16Array;
  /** Where tokens of each first byte begin; one more at the end. */
  readonly firsts: Int32Array;
  readonly bounds: Bounds;
}

export function orderTokens({ vocabulary, bytesOf, endTokens }: TokenBytes): TokenOrder {
  const ends = new Set(endTokens);
  const all: { readonly token: number; readonly bytes: Uint8Array }[] = [];
  for (let token = 0; token < vocabulary; token++) {
    const bytes = ends.has(token) ? undefined : bytesOf(token);
    if (bytes !== undefined && bytes.length > 0) all.push({ token, bytes });
  }
  all.sort((a, b) => compare(a.bytes, b.bytes));
  const shared = new Uint16Array(all.length);
  const firsts = new Int32Array(257);
  let longest = 1;
  let items = 1;
  all.forEach(({ bytes }, i) => {
    firsts[bytes[0]! + 1]!++;
    longest = Math.max(longest, bytes.length);
    items = Math.max(items, itemsIn(bytes));
    if (i > 0) shared[i] = common(all[i - 1]!.bytes, bytes);
  });
  for (let byte = 0; byte < 256; byte++) firsts[byte + 1]! += firsts[byte]!;
  return {
    vocabulary,
    endTokens,
    tokens: Int32Array.from(all, ({ token }) => token),
    bytes: all.map(({ bytes }) => bytes),
    shared,
    firsts,
    bounds: { bytes: longest, items },
  };
}

const COMMA = 0x2c;

/** Commas that could each begin an item: one behind another has none in between. */
function itemsIn(bytes: Uint8Array): number {
  let items = 1;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] === COMMA && bytes[i - 1] !== COMMA) items++;
  return items;
}

function compare(a: Uint8Array, b: Uint8Array): number {
  const length = common(a, b);
  return (a[length] ?? -1) - (b[length] ?? -1);
}

function common(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
