import type { OutcomeRecord } from '@terrace/core';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

/** The default limit is 100 and the largest 10,000; a larger one is lowered. */
export const mostOf = (limit = DEFAULT_LIMIT): number => Math.max(0, Math.min(Math.trunc(limit), MAX_LIMIT));

/** Whether an outcome is of this domain and began at this time or later. */
export const isWanted =
  ({ domain, sinceWallMs = -Infinity }: { readonly domain?: string; readonly sinceWallMs?: number }) =>
  (outcome: OutcomeRecord): boolean =>
    (domain === undefined || outcome.domain === domain) && outcome.atWallMs >= sinceWallMs;
