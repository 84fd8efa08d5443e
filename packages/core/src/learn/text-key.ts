import type { StartHash } from '../ports/running-hash.js';

/** What a cache knows a text by: its sha256. */
export function textKey(text: string, startHash: StartHash): string {
  const hash = startHash();
  hash.update(new TextEncoder().encode(text));
  return hash.digest();
}
