import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '@terrace/core';
import { EVERYTHING, type Access } from '../access.js';
import { retryAfter } from '../error-shapes.js';
import { HttpRefusal } from '../http-refusal.js';
import { hashToken, type ServerKey } from './server-key.js';
import { takeToken, type Bucket } from './token-bucket.js';

/** Longer ones are nobody's, and not worth hashing. */
const MAX_HEADER = 512;

/** A key as requests are held against it. */
interface Entry {
  readonly hash: Buffer;
  readonly access: Access;
  readonly expiresAtMs: number;
  readonly perMinute: number | undefined;
}

/** Lets in who brings a key, and everybody as long as nothing says who has one. */
export interface KeyDoor {
  /**
   * @param authorization the header of that name
   * @throws HttpRefusal: 401 without a key that counts, 429 when the key has asked too often
   */
  admit(authorization: string | undefined): Access;
}

/** @param keys as they are now, undefined where there is no list of them; what is looked up is prepared anew whenever this is another list */
export function createKeyDoor(keys: () => readonly ServerKey[] | undefined, clock: Clock): KeyDoor {
  let prepared: { readonly from: readonly ServerKey[]; readonly entries: readonly Entry[] } = { from: [], entries: [] };
  // By hash, so that a key keeps its count when the file is read again.
  const buckets = new Map<string, Bucket>();

  const entriesOf = (from: readonly ServerKey[]): readonly Entry[] => {
    if (from !== prepared.from) {
      prepared = { from, entries: from.map(toEntry) };
      const known = new Set(from.map(({ hash }) => hash));
      for (const hash of buckets.keys()) if (!known.has(hash)) buckets.delete(hash);
    }
    return prepared.entries;
  };

  return {
    admit(authorization) {
      const now = keys();
      if (now === undefined) return EVERYTHING;
      if (authorization === undefined) throw unauthorized('A key is needed.', {});
      const [, token] = authorization.length <= MAX_HEADER ? (/^Bearer +(\S+)$/i.exec(authorization) ?? []) : [];
      if (token === undefined) throw unauthorized('The authorization header is not a bearer token.', INVALID);
      const presented = hashToken(token);
      let found: Entry | undefined;
      // Each is compared, whichever fits: the time says nothing about the keys.
      for (const entry of entriesOf(now)) if (timingSafeEqual(entry.hash, presented)) found = entry;
      if (!found) throw unauthorized('The key is not one of this server.', INVALID);
      if (clock.wallMs() >= found.expiresAtMs) throw unauthorized('The key has expired.', INVALID);
      if (found.perMinute !== undefined) takeOne(found, found.perMinute);
      return found.access;
    },
  };

  function takeOne({ hash, access }: Entry, perMinute: number): void {
    const id = hash.toString('hex');
    const { bucket, waitMs } = takeToken(buckets.get(id), { perMinute, nowMs: clock.nowMs() });
    buckets.set(id, bucket);
    if (waitMs === 0) return;
    throw new HttpRefusal({
      status: 429,
      code: 'RATE_LIMITED',
      message: `The key "${access.key}" may send ${perMinute} requests a minute.`,
      hint: 'Wait as long as the header retry-after says.',
      facts: { requestsPerMinute: perMinute, retryAfterMs: Math.ceil(waitMs) },
      headers: retryAfter(waitMs),
    });
  }
}

const toEntry = ({ name, hash, models, residency = 'cloud', expiresAt, requestsPerMinute }: ServerKey): Entry => ({
  hash: Buffer.from(hash, 'hex'),
  access: { key: name, models, residency },
  expiresAtMs: expiresAt === undefined ? Infinity : Date.parse(expiresAt),
  perMinute: requestsPerMinute,
});

const INVALID = { error: 'invalid_token' };

function unauthorized(message: string, { error }: { readonly error?: string }): HttpRefusal {
  return new HttpRefusal({
    status: 401,
    code: 'UNAUTHORIZED',
    message,
    hint: 'Send `authorization: Bearer KEY`; `terrace serve keys add NAME` makes one.',
    headers: {
      'www-authenticate': error === undefined ? 'Bearer realm="terrace"' : `Bearer realm="terrace", error="${error}"`,
    },
  });
}
