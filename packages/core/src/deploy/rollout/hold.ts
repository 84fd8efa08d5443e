import { ROLLOUT_SHARES, type Rollout } from './rollout.js';

/** Bounds of the share of the new model, for the router. */
export interface Hold {
  readonly least: number;
  readonly most: number;
}

/** While it goes on, exactly the share of its step; once done it is a model like any other; taken back it gets nothing. */
export function holdOf({ step, state }: Rollout): Hold {
  switch (state.kind) {
    case 'running':
    case 'paused':
      return { least: ROLLOUT_SHARES[step]!, most: ROLLOUT_SHARES[step]! };
    case 'done':
      return { least: 0, most: 1 };
    case 'rolled-back':
      return { least: 0, most: 0 };
    default:
      return state satisfies never;
  }
}

/**
 * Whether everything of a key goes to the new model, for rollouts whose unit is the key. Who is in at one share is in at
 * every larger one; another rollout has other keys.
 * @see Fowler, Noll and Vo, FNV-1a, with the finaliser of MurmurHash3: the last bytes of FNV alone hardly move its top bits
 */
export function isInRing({ id }: Pick<Rollout, 'id'>, key: string, share: number): boolean {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${id}\n${key}`)) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32 < share;
}

/**
 * With which probability an answer of either side is looked at, so that both have about as many labels while as many are
 * spent as ever: a canary of 10 % that has half of the labels is judged on five times as many.
 * @param auditShare of all answers
 * @param newShare, oldShare of all requests; above 0 where a side has any
 */
export function auditSharesOf({
  auditShare,
  newShare,
  oldShare,
}: {
  readonly auditShare: number;
  readonly newShare: number;
  readonly oldShare: number;
}): { readonly new: number; readonly old: number } {
  if (newShare <= 0 || oldShare <= 0) return { new: auditShare, old: auditShare };
  const labels = auditShare * (newShare + oldShare);
  const ofNew = Math.min(newShare, Math.max(labels / 2, labels - oldShare));
  return { new: ofNew / newShare, old: (labels - ofNew) / oldShare };
}
