import type { Bounds } from '../automaton/position.js';
import type { TokenBytes } from '../grammar.js';

/**
 * The bytes of all tokens as a tree, node after node in the order of the bytes, children behind their parent. In flat
 * arrays: it is walked as a whole for most masks.
 */
export interface TokenTree {
  readonly vocabulary: number;
  readonly nodes: number;
  readonly bytes: Uint8Array;
  /** From 1 for first bytes. */
  readonly depths: Uint16Array;
  /** Of the token that ends at a node, -1 where none does. */
  readonly tokens: Int32Array;
  /** The node behind all that begins with this one. */
  readonly ends: Int32Array;
  readonly bounds: Bounds;
}

/** Most bytes of the tokens of each tree. */
const LONGEST = [8, 16, Infinity];

interface Leaf {
  readonly token: number;
  readonly bytes: Uint8Array;
  readonly text: string;
}

/**
 * Trees of short and of long tokens: a count that is running out matters to the few long ones first, and the mask of
 * the others stays. End tokens are no text, whatever their bytes are.
 */
export function growTokenTrees({ vocabulary, bytesOf, endTokens }: TokenBytes): readonly TokenTree[] {
  const leaves: Leaf[] = [];
  for (let token = 0; token < vocabulary; token++) {
    const bytes = endTokens.includes(token) ? undefined : bytesOf(token);
    if (bytes !== undefined && bytes.length > 0) leaves.push({ token, bytes, text: String.fromCharCode(...bytes) });
  }
  // Strings of a character a byte are compared far quicker than the bytes.
  leaves.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
  return LONGEST.map((longest, i) => {
    const shortest = LONGEST[i - 1] ?? 0;
    return grow(
      leaves.filter(({ bytes }) => bytes.length > shortest && bytes.length <= longest),
      vocabulary,
    );
  });
}

function grow(leaves: readonly Leaf[], vocabulary: number): TokenTree {
  const most = leaves.reduce((sum, each) => sum + each.bytes.length, 0);
  const [bytes, depths, tokens, ends] = [
    new Uint8Array(most),
    new Uint16Array(most),
    new Int32Array(most).fill(-1),
    new Int32Array(most),
  ];
  let nodes = 0;
  let longest = 1;
  let items = 1;
  /** Nodes from the root to the last one. */
  const path: number[] = [];
  const close = (depth: number): void => {
    while (path.length > depth) ends[path.pop()!] = nodes;
  };
  for (const [i, leaf] of leaves.entries()) {
    const before = leaves[i - 1]?.bytes;
    // A second token of the same bytes is a node of its own.
    const shared = before === undefined ? 0 : Math.min(common(before, leaf.bytes), leaf.bytes.length - 1);
    close(shared);
    for (let depth = shared; depth < leaf.bytes.length; depth++) {
      bytes[nodes] = leaf.bytes[depth]!;
      depths[nodes] = depth + 1;
      path.push(nodes++);
    }
    tokens[nodes - 1] = leaf.token;
    longest = Math.max(longest, leaf.bytes.length);
    items = Math.max(items, itemsIn(leaf.bytes));
  }
  close(0);
  return {
    vocabulary,
    nodes,
    bytes: bytes.slice(0, nodes),
    depths: depths.slice(0, nodes),
    tokens: tokens.slice(0, nodes),
    ends: ends.slice(0, nodes),
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

function common(a: Uint8Array, b: Uint8Array): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}
