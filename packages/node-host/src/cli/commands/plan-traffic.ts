import {
  InvalidRequestError,
  isFromMemory,
  mean,
  readReport,
  type Catalog,
  type Clock,
  type Ledger,
} from '@terrace/core';
import { parseLimit } from '@terrace/core/budget';

const HOURS_PER_MONTH = 730.5;
const DAY_MS = 86_400_000;
/** How far the ledger is looked back into. */
const SINCE_MS = 30 * DAY_MS;
/** Of these the mean length is taken. */
const NEWEST = 1000;
/** Fewer words say too little of a tier. */
const LEAST_FEEDBACK = 30;

/** What the ledger says of the requests to come. */
export interface Traffic {
  /** Undefined without any request. */
  readonly requestsPerMonth: number | undefined;
  readonly textTokens: number | undefined;
  /** By tier, where people have said enough of its answers. */
  readonly accuracies: ReadonlyMap<string, number>;
}

export async function readTraffic({
  ledger,
  catalog,
  clock,
  domain,
  signal,
}: {
  readonly ledger: Ledger;
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly domain: string;
  readonly signal: AbortSignal;
}): Promise<Traffic> {
  const query = { sinceMs: SINCE_MS, domain };
  const { requests: all, cache, fromWallMs, tiers } = await readReport({ ledger, catalog, clock, query, signal });
  // What the cache answers takes no tier's time or money.
  const requests = all - cache.exact.count - cache.semantic.count;
  const outcomes = await ledger.outcomes({ limit: NEWEST, domain, sinceWallMs: clock.wallMs() - SINCE_MS });
  const newest = outcomes.filter((outcome) => !isFromMemory(outcome));
  // A ledger that is younger than a month has seen less than a month's requests.
  const days = fromWallMs === undefined ? 1 : Math.max(1, (clock.wallMs() - fromWallMs) / DAY_MS);
  return {
    requestsPerMonth: requests === 0 ? undefined : Math.round((requests / days) * (HOURS_PER_MONTH / 24)),
    textTokens: newest.length === 0 ? undefined : Math.ceil(mean(newest.map(({ tokens }) => tokens))),
    accuracies: new Map(
      tiers.flatMap(({ tier, right: { n, share } }) =>
        n >= LEAST_FEEDBACK && share !== undefined ? [[tier, share] as const] : [],
      ),
    ),
  };
}

const A_MONTH = { hour: HOURS_PER_MONTH, day: HOURS_PER_MONTH / 24, month: 1 } as const;

/** `100000/month`, `200/hour`; a number alone is for a month. @throws InvalidRequestError */
export function parseRequestRate(text: string): number {
  const [, digits, period = 'month'] = /^\s*(\d+\.?\d*|\.\d+)\s*(?:\/\s*(hour|day|month))?\s*$/i.exec(text) ?? [];
  const requests = Number(digits) * A_MONTH[period.toLowerCase() as keyof typeof A_MONTH];
  if (requests > 0 && requests <= 1e15) return requests;
  throw new InvalidRequestError({
    message: `"${text.slice(0, 40)}" is no number of requests.`,
    hint: 'Write it like 100000/month, 5000/day or 200/hour.',
  });
}

/** `20/month`, `0.5/day`, `0.001/request` as US dollars a month. @throws InvalidRequestError */
export function parseMonthlyUsd(text: string, requestsPerMonth: number): number {
  const { limit, unit, period } = parseLimit(text);
  const budgetUsd = limit * (period === 'request' ? requestsPerMonth : A_MONTH[period]);
  if (unit === 'usd' && budgetUsd > 0) return budgetUsd;
  throw new InvalidRequestError({
    message: `"${text.slice(0, 40)}" is no budget to plan with: it takes US dollars, more than 0.`,
    hint: 'Write it like 20/month or 0.001/request.',
  });
}
