import type { z } from 'zod/mini';
import { cacheWishSchema } from '../../cache/cache-wish.js';
import { inEnglish } from '../../errors/in-english.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { Wish } from './ask.js';

const MAX_PLACE = 128;

export interface Wished {
  /** Without what it says to the cache. */
  readonly input: unknown;
  readonly wish: Wish | 'off';
}

/** Takes off a request what it says to the cache. @throws InvalidRequestError */
export function readWish(input: unknown): Wished {
  if (typeof input !== 'object' || input === null || !('cache' in input)) return { input, wish: {} };
  const { cache, ...rest } = input;
  if (cache === undefined) return { input: rest, wish: {} };
  const { data, error } = cacheWishSchema.safeParse(cache, { error: inEnglish, jitless: true });
  if (data === undefined) {
    const { path, message } = whatWasMeant(error!.issues[0]!);
    const where = ['cache', ...path.map(String)].join('.').slice(0, MAX_PLACE);
    throw new InvalidRequestError({
      message: `The request is wrong at "${where}": ${message.slice(0, 2 * MAX_PLACE)}.`,
      hint: `Correct "${where}": "off", "refresh", or an object of refresh, ttlMs, tags, semantic and tenant.`,
    });
  }
  return { input: rest, wish: data === 'refresh' ? { refresh: true } : data };
}

type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'> & {
  readonly errors?: readonly (readonly Issue[])[];
};

/** Of alternatives what is wrong within one says more than that it is none of them. */
function whatWasMeant(issue: Issue): Pick<Issue, 'path' | 'message'> {
  return issue.errors?.flat().find(({ path }) => path.length > 0) ?? issue;
}
