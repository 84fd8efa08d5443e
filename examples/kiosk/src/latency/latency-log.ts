import type { Rung } from '../climb/climb-of.js';

/** One answer of one tier. */
interface Timing {
  /** Number of the request since the page was opened, from 1. */
  readonly request: number;
  readonly tier: string;
  readonly tookMs: number;
}

/** The latest answers, as many as a chart can show. */
export interface LatencyLog {
  readonly requests: number;
  readonly timings: readonly Timing[];
}

export interface TierLatency {
  readonly tier: string;
  readonly count: number;
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** What uPlot draws: request numbers, then milliseconds of each tier, null where it was not asked. */
export type LatencySeries = readonly [readonly number[], ...(readonly (readonly (number | null)[])[])];

const MOST_REQUESTS = 120;

export const EMPTY_LOG: LatencyLog = { requests: 0, timings: [] };

/** The log with one more request; the oldest drop out. */
export function withClimb(log: LatencyLog, climb: readonly Rung[]): LatencyLog {
  const request = log.requests + 1;
  const added = climb.flatMap(({ tier, tookMs }) => (tookMs === undefined ? [] : [{ request, tier, tookMs }]));
  const kept = log.timings.filter((each) => each.request > request - MOST_REQUESTS);
  return { requests: request, timings: [...kept, ...added] };
}

export const tiersOf = ({ timings }: LatencyLog): string[] => [...new Set(timings.map(({ tier }) => tier))];

export function seriesOf({ timings }: LatencyLog, tiers: readonly string[]): LatencySeries {
  const requests = [...new Set(timings.map(({ request }) => request))];
  const values = tiers.map((tier) =>
    requests.map((request) => timings.find((each) => each.request === request && each.tier === tier)?.tookMs ?? null),
  );
  return [requests, ...values];
}

export function summaryOf(log: LatencyLog): TierLatency[] {
  return tiersOf(log).map((tier) => {
    const sorted = log.timings.filter((each) => each.tier === tier).map(({ tookMs }) => tookMs);
    sorted.sort((a, b) => a - b);
    const rank = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!;
    return { tier, count: sorted.length, p50Ms: rank(0.5), p95Ms: rank(0.95) };
  });
}
