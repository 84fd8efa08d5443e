import type { FrontierPoint, FrontierReport } from '@terrace/core/deploy';
import { parseHTML } from 'linkedom';
import { expect, it } from 'vitest';
import { renderFrontier } from './render-frontier.js';

const point = (changes: Partial<FrontierPoint>): FrontierPoint => ({
  hardware: 'box',
  mix: { base: 1 },
  monthlyUsd: 3,
  accuracy: 0.92,
  p95Ms: 12,
  onFrontier: true,
  withinBudget: true,
  ...changes,
});
const hostile = '<img src=x onerror=alert(1)>';
const mixed = point({ hardware: hostile, mix: { base: 0.75, cloud: 0.25 }, monthlyUsd: 19.5, accuracy: 0.935 });
const report: FrontierReport = {
  budgetUsd: 20,
  requestsPerMonth: 1000,
  basis: 'calibration',
  points: [point({}), mixed, point({ monthlyUsd: 25, accuracy: 0.91, onFrontier: false, withinBudget: false })],
  chosen: mixed,
  rejected: [{ hardware: 'tiny', model: 'base', reason: 'it needs 73 MiB; <b>' }],
};

it('has every point in the plot and in the table, the chosen one by name, and what is ruled out', async () => {
  const html = await renderFrontier(report);
  expect(html).toBe(await renderFrontier(report));
  const document = parseHTML(html).document as unknown as {
    querySelectorAll(selector: string): readonly { readonly textContent: string }[];
  };
  const texts = (selector: string) => document.querySelectorAll(selector).map(({ textContent }) => textContent);
  expect(texts('svg title')).toEqual(['base', 'base', 'base 75.0 %, cloud 25.0 %'].toSorted());
  expect(texts('tbody th')).toEqual(['base', 'base 75.0 %, cloud 25.0 % (chosen)', 'base', 'tiny']);
  expect(texts('text')).toEqual(expect.arrayContaining(['chosen', 'budget']));
  expect(document.querySelectorAll('img, script')).toHaveLength(0);
  expect(texts('p')[1]).toBe(`Chosen: base 75.0 %, cloud 25.0 % on ${hostile}, US$ 19.50 a month, 93.50 % right.`);
});

it('gives a long reason several lines, so that it can be read and printed', async () => {
  const rejected = [{ hardware: 'tiny', model: 'all', reason: 'it needs 73 MiB; '.repeat(40) }];
  const html = await renderFrontier({ ...report, rejected });
  expect(html).toContain('<td>all</td><td class="text">it needs 73 MiB; it needs');
});

it('says that nothing is accurate enough', async () => {
  expect(await renderFrontier({ ...report, chosen: undefined, rejected: [] })).toContain(
    'Nothing within the budget is accurate enough.',
  );
});
