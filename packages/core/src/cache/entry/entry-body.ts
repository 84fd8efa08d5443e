import type { KeptAnswer } from '../../ports/response-cache.js';
import { MAX_ENTRY_BYTES } from '../cache-settings.js';
import { ENTRY_FORMAT, entrySchema, type Entry } from './entry-schema.js';
import { toBase64 } from './number-text.js';
import { questionText } from './question-text.js';

/** What an entry's body is bound to: moved to another key or question, or given a longer life, it is no answer. */
export type Bound = Pick<KeptAnswer, 'key' | 'scope' | 'tenant' | 'storedAtWallMs' | 'expiresAtWallMs' | 'question'>;

const SEAL_CHARACTERS = 64;

/** Entries as JSON under a seal. */
export interface EntryBodies {
  /** Undefined when it is too large to be kept. */
  write(bound: Bound, entry: Entry): string | undefined;
  /** Undefined for what was written otherwise, by another version, for another place, or was changed since. */
  read(answer: Bound & Pick<KeptAnswer, 'body'>): Entry | undefined;
}

/** @param seal a keyed hash of the store */
export function createEntryBodies(seal: (text: string) => string): EntryBodies {
  const sealOf = ({ key, scope, tenant, storedAtWallMs, expiresAtWallMs, question }: Bound, json: string): string =>
    seal(
      JSON.stringify([ENTRY_FORMAT, key, scope, tenant, storedAtWallMs, expiresAtWallMs, questionText(question)]) +
        json,
    );
  return {
    write(bound, entry) {
      const json = JSON.stringify(entry, writable);
      const body = sealOf(bound, json) + json;
      return isTooLarge(body) ? undefined : body;
    },
    read({ body, ...bound }) {
      if (isTooLarge(body)) return undefined;
      const json = body.slice(SEAL_CHARACTERS);
      if (body.slice(0, SEAL_CHARACTERS) !== sealOf(bound, json)) return undefined;
      return entrySchema.safeParse(parse(json), { jitless: true }).data;
    },
  };
}

function isTooLarge(body: string): boolean {
  if (body.length > MAX_ENTRY_BYTES) return true;
  // A character is at most three bytes.
  return body.length * 3 > MAX_ENTRY_BYTES && new TextEncoder().encode(body).length > MAX_ENTRY_BYTES;
}

function writable(_: string, value: unknown): unknown {
  if (value instanceof Float64Array || value instanceof Float32Array) return toBase64(value);
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
