import type { StartHash } from '../ports/running-hash.js';
import { canonicalJson } from './canonical-json.js';

/** sha256 of a value's JSON with sorted keys: the id of structured content. */
export function contentId(value: unknown, startHash: StartHash): string {
  const hash = startHash();
  hash.update(new TextEncoder().encode(canonicalJson(value)));
  return hash.digest();
}
