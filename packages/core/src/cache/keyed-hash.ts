import type { StartHash } from '../ports/running-hash.js';

const BLOCK_BYTES = 64;
const INNER = 0x36;
const OUTER = 0x5c;

/** HMAC-SHA-256 in hex, of a secret of at most 64 bytes (RFC 2104). */
export function createKeyedHash(secret: Uint8Array, startHash: StartHash): (text: string) => string {
  const inner = padded(secret, INNER);
  const outer = padded(secret, OUTER);
  return (text) => {
    const within = startHash();
    within.update(inner);
    within.update(utf8.encode(text));
    const around = startHash();
    around.update(outer);
    around.update(fromHex(within.digest()));
    return around.digest();
  };
}

function padded(secret: Uint8Array, mask: number): Uint8Array {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(secret);
  return block.map((byte) => byte ^ mask);
}

function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const utf8 = new TextEncoder();
