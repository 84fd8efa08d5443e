import type { StartHash } from '../../ports/running-hash.js';
import type { GuardFeature } from './guard-features.js';

const BLOCK_BYTES = 64;
/** 32 bits tell the few dozen words of two questions apart. */
const KEPT_CHARACTERS = 8;
/** Words whose hashes are remembered while the process lasts. */
const REMEMBERED = 10_000;

/** What features look like once they are hashed: what does not is not compared. */
export const HASHED_FEATURE = /^[a-z][\da-f]{8}$/;

/**
 * Features without their words: the letter of the kind, and 8 hex digits of HMAC-sha256 over the value. Values of all
 * kinds are hashed alike, since an opposite is compared with words.
 * @param secret of the store, 32 bytes
 */
export function createFeatureHash(
  secret: Uint8Array,
  startHash: StartHash,
): (features: readonly GuardFeature[]) => readonly string[] {
  const encoder = new TextEncoder();
  const pad = (byte: number): Uint8Array =>
    Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => (i < secret.length ? secret[i]! : 0) ^ byte);
  const inner = pad(0x36);
  const outer = pad(0x5c);
  const hmac = (value: string): string => {
    const first = startHash();
    first.update(inner);
    first.update(encoder.encode(value));
    const second = startHash();
    second.update(outer);
    second.update(bytesOf(first.digest()));
    return second.digest().slice(0, KEPT_CHARACTERS);
  };
  const remembered = new Map<string, string>();
  const hashOf = (value: string): string => {
    const known = remembered.get(value);
    if (known !== undefined) return known;
    if (remembered.size >= REMEMBERED) remembered.clear();
    const hashed = hmac(value);
    remembered.set(value, hashed);
    return hashed;
  };
  return (features) => features.map((feature) => feature[0]! + hashOf(feature.slice(1)));
}

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
