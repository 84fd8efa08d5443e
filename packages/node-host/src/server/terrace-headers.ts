import { CACHE_HEADER } from './cache-of-request.js';
import type { Result } from '@terrace/core';
import type { TextResult } from '@terrace/core/text';

type Answered = Pick<Result, 'requestId' | 'tier' | 'placement' | 'confidence' | 'verdict' | 'costUsd'> &
  Pick<Result | TextResult, 'trace'>;

/** Their names, for web pages that want to read them. */
export const TERRACE_HEADERS = [
  'x-terrace-request-id',
  'x-terrace-tier',
  'x-terrace-placement',
  'x-terrace-confidence',
  'x-terrace-cost-usd',
  'x-terrace-verdict',
  'x-terrace-degraded',
  'x-terrace-budget',
  'x-terrace-model',
  'x-terrace-window',
  CACHE_HEADER,
] as const;

/** What every interface tells of an answer beside its body; of several, the last one's and the cost of all. Pure. */
export function terraceHeaders(...results: readonly [Answered, ...Answered[]]): Record<string, string> {
  const { requestId, tier, placement, confidence, verdict, trace } = results.at(-1)!;
  let costUsd = 0;
  for (const result of results) costUsd += result.costUsd;
  const headers: Record<string, string> = {
    'x-terrace-request-id': requestId,
    'x-terrace-tier': tier,
    'x-terrace-placement': placement,
    'x-terrace-cost-usd': String(costUsd),
    'x-terrace-verdict': verdict.kind,
  };
  if (confidence !== undefined) headers['x-terrace-confidence'] = confidence.toFixed(4);
  if (verdict.degraded !== undefined) headers['x-terrace-degraded'] = verdict.degraded;
  for (const event of trace) {
    if (event.kind === 'budget') headers['x-terrace-budget'] = event.budget;
    if (event.kind !== 'route') continue;
    headers['x-terrace-model'] = event.model;
    headers['x-terrace-window'] = event.window;
  }
  return headers;
}
