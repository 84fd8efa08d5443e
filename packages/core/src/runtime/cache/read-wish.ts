import type { z } from 'zod/mini';
import { cacheWishSchema } from '../../cache/cache-wish.js';
import { inEnglish } from '../../errors/in-english.js';
import { wrongField } from '../../errors/wrong-field.js';
import type { Wish } from './ask.js';

const FORMS = '"off", "refresh", or an object of refresh, ttlMs, tags, semantic and tenant';

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
    throw wrongField(['cache', ...path], message, FORMS);
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
