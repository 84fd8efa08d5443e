import type { FrontierPoint, FrontierReport } from '@terrace/core/deploy';
import { expect, it } from 'vitest';
import { describeFrontier } from './describe-frontier.js';

const point = (changes: Partial<FrontierPoint>): FrontierPoint => ({
  hardware: 'box',
  mix: { base: 1 },
  monthlyUsd: 0,
  accuracy: 0.9,
  p95Ms: 12,
  onFrontier: true,
  withinBudget: true,
  ...changes,
});
const mixed = point({ mix: { base: 0.75, cloud: 0.25 }, monthlyUsd: 20, accuracy: 0.95 });
const report: FrontierReport = {
  budgetUsd: 20,
  requestsPerMonth: 100_000,
  basis: 'calibration',
  points: [
    point({}),
    point({ accuracy: 0.85, onFrontier: false }),
    mixed,
    point({ mix: { cloud: 1 }, monthlyUsd: 40, accuracy: 1, withinBudget: false }),
  ],
  chosen: mixed,
  rejected: [],
};

it('shows the frontier with the budget in it, and a plot of everything', () => {
  expect(describeFrontier(report)).toBe(`100,000 requests a month; accuracy by calibration

   a month    accuracy  p95      machine  what answers
   US$ 0.00   90.0 %    12.0 ms  box      base
>  US$ 20.00  95.0 %    12.0 ms  box      base 75.0 %, cloud 25.0 %
   US$ 20.00                              ---- the budget ----
   US$ 40.00  100.0 %   12.0 ms  box      cloud

 100.0 %                               |                            o
                                       |
                                       |
                                       #
                                       |
                                       |
         o                             |
                                       |
                                       |
  85.0 % .                             |
         ------------------------------------------------------------
         US$ 0                                              US$ 40.00
         # chosen  o frontier  . others  | budget

> base 75.0 %, cloud 25.0 % on box: US$ 20.00 a month, 95.0 % right`);
});

it('says what is not possible, and that nothing is good enough', () => {
  const rejected = [{ hardware: 'tiny', model: 'base', reason: 'it needs 73 MiB' }];
  const text = describeFrontier({ ...report, points: [point({})], chosen: undefined, rejected });
  expect(text).toContain('nothing within the budget is accurate enough');
  expect(text).toMatch(/not possible\n {2}tiny {2}base {2}it needs 73 MiB$/);
});
