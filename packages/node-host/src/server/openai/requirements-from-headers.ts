import type { RequestInput } from '@terrace/core';
import type { IncomingHttpHeaders } from 'node:http';
import { refused } from './refusal.js';

export type HeaderRequirements = Pick<
  RequestInput,
  'deadlineMs' | 'maxRisk' | 'minConfidence' | 'maxCostUsd' | 'residency'
>;

const NUMBERS = {
  deadlineMs: { header: 'x-terrace-deadline-ms', holds: (n: number) => n > 0 && n <= 86_400_000 },
  maxRisk: { header: 'x-terrace-max-risk', holds: (n: number) => n > 0 && n < 1 },
  minConfidence: { header: 'x-terrace-min-confidence', holds: (n: number) => n >= 0 && n <= 1 },
  maxCostUsd: { header: 'x-terrace-max-cost-usd', holds: (n: number) => n >= 0 && n <= 1e6 },
} as const;

const RESIDENCY = 'x-terrace-residency';
/** A plain decimal; what `Number` reads beside it (hex, blanks, `Infinity`) nobody means. */
const DECIMAL = /^\d{1,16}(\.\d{1,16})?(e-?\d{1,2})?$/i;

/**
 * What a request demands, where the body belongs to somebody else's API and has no place for it. Pure.
 * @throws InvalidRequestError
 */
export function requirementsFromHeaders(headers: IncomingHttpHeaders): HeaderRequirements {
  const found: { -readonly [K in keyof HeaderRequirements]: HeaderRequirements[K] } = {};
  for (const [name, { header, holds }] of Object.entries(NUMBERS)) {
    const text = headers[header];
    if (text === undefined) continue;
    const value = typeof text === 'string' && DECIMAL.test(text) ? Number(text) : Number.NaN;
    if (!holds(value)) throw wrong(header, 'a decimal number within its bounds');
    found[name as keyof typeof NUMBERS] = value;
  }
  const residency = headers[RESIDENCY];
  if (residency === undefined) return found;
  if (residency !== 'device' && residency !== 'site' && residency !== 'cloud') {
    throw wrong(RESIDENCY, 'device, site or cloud');
  }
  return { ...found, residency };
}

const wrong = (header: string, wanted: string) =>
  refused({
    message: `Invalid header "${header}": expected ${wanted}.`,
    hint: `Correct "${header}" or leave it out.`,
    param: header,
    code: 'invalid_value',
  });
