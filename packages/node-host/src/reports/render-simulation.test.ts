import type { SimulationReport, SimulationRun } from '@terrace/core/deploy';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { renderSimulation } from './render-simulation.js';

const HOSTILE = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '&lt;b&gt; &amp; ]]> --> </style></svg>',
  'שלום \u202Eevil\u202C',
  `${'long-'.repeat(40)}a`,
  `${'long-'.repeat(40)}b`,
  '🦙🦙 \u0000\u001b[31m',
];
const band = (mean: number) => ({ mean, low: mean * 0.9, high: mean * 1.1 });
const summary = (reward: number): SimulationReport['algorithms'][string] => ({
  meanReward: reward,
  overspend: 0,
  regret: 12,
  switches: 2,
  meanCost: 0.002,
  aiq: 0.9,
  windowsToAdopt: 1.5,
  bands: { meanReward: band(reward), overspend: band(0), regret: band(12), switches: band(2) },
});

function reportOf(arms: readonly string[], algorithms: readonly string[], windows = 6): SimulationReport {
  return {
    algorithms: Object.fromEntries(algorithms.map((name, index) => [name, summary(0.8 + index / 100)])),
    references: { staticLp: 0.9, bestArm: 0.88, oracle: 0.95 },
    arms: arms.map((name, arm) => ({ name, meanReward: 0.5 + arm / 20, meanCost: 0.001 * (arm + 1) })),
    seeds: 3,
    requests: 1000,
    windows,
    budget: 0.002,
  };
}

function runsOf(report: SimulationReport, seeds = 3): SimulationRun[] {
  const asked = Array.from({ length: 100 }, (_, point) => (point + 1) * 10);
  return Object.keys(report.algorithms).flatMap((algorithm, index) =>
    Array.from({ length: seeds }, (_, seed) => ({
      algorithm: algorithm as SimulationRun['algorithm'],
      seed,
      meanReward: 0.9,
      meanCost: 0.002,
      overspend: 0,
      regret: 12,
      switches: 2,
      adoption: [],
      curve: {
        asked,
        regret: asked.map((at) => Math.sqrt(at) * (index + 1 + seed / 10)),
        spent: asked.map((at) => at * 0.0019),
      },
      live: Array.from({ length: report.windows }, (_, window) => ({ [window % report.arms.length]: 1 })),
    })),
  );
}

const parse = (html: string) => parseHTML(html).document as unknown as Parsed;
interface Parsed {
  querySelectorAll(selector: string): readonly {
    readonly localName: string;
    readonly textContent: string;
    readonly attributes: readonly { readonly name: string; readonly value: string }[];
  }[];
}

describe('the report of a simulation', () => {
  const report = reportOf(HOSTILE, ['stageroute', 'greedy', 'random']);

  it('has names as text alone, whatever they are', async () => {
    const html = await renderSimulation(report, runsOf(report));
    // oxlint-disable-next-line no-control-regex
    expect(html).not.toMatch(/[\u0000\u001b]/);
    const document = parse(html);
    const all = document.querySelectorAll('*');
    expect(document.querySelectorAll('text').map(({ textContent }) => textContent)).toContain(HOSTILE[0]);
    const names = new Set(all.map(({ localName }) => localName));
    for (const wrong of ['script', 'img', 'iframe', 'link', 'object', 'a', 'image', 'use']) {
      expect(names).not.toContain(wrong);
    }
    for (const { name, value } of all.flatMap(({ attributes }) => [...attributes])) {
      expect(name).not.toMatch(/^on|href|src$/);
      expect(value).not.toContain('alert');
    }
    const cells = document.querySelectorAll('bdi').map(({ textContent }) => textContent);
    for (const name of HOSTILE.slice(0, 5)) expect(cells).toContain(name);
    // One row of a panel each, even where names are cut to the same.
    const ticks = document.querySelectorAll('text').map(({ textContent }) => textContent);
    expect(new Set(ticks.filter((text) => text.includes('long-'))).size).toBe(2);
    expect(document.querySelectorAll('svg[role=img] rect').length).toBe(3 * 6);
  });

  it('has four kinds of plots with a table each, and a row for every algorithm and model', async () => {
    const document = parse(await renderSimulation(report, runsOf(report)));
    const titles = document.querySelectorAll('h2').map(({ textContent }) => textContent);
    expect(titles).toEqual([
      'Summary',
      'Reward against cost',
      'Regret over time',
      'Spend against budget',
      'What was live when',
    ]);
    // A panel an algorithm.
    expect(document.querySelectorAll('figure > svg[role=img]')).toHaveLength(3 + 3);
    expect(document.querySelectorAll('table')).toHaveLength(2 + 3 + 3);
    for (const { attributes } of document.querySelectorAll('svg[role=img]'))
      expect([...attributes].find(({ name }) => name === 'aria-label')?.value).toContain('table');
  });

  it('has the same bytes for the same simulation', async () => {
    expect(await renderSimulation(report, runsOf(report))).toBe(await renderSimulation(report, runsOf(report)));
  });

  it('is a sentence where there is nothing to draw', async () => {
    const empty = await renderSimulation({ ...report, algorithms: {} }, []);
    expect(empty).toContain('There is nothing to draw');
    const broken = runsOf(report).map((run) => ({
      ...run,
      curve: { asked: run.curve.asked, regret: run.curve.regret.map(() => NaN), spent: run.curve.spent.map(() => NaN) },
    }));
    const html = await renderSimulation(report, broken);
    expect(html.split('There is nothing to draw')).toHaveLength(3);
    expect(html).not.toMatch(/NaN|undefined/);
  });

  it('stays small with many windows', async () => {
    const large = reportOf(['a', 'b', 'c', 'd'], ['stageroute', 'greedy', 'random', 'static-lp'], 1000);
    const html = await renderSimulation(large, runsOf(large));
    expect(html.length).toBeLessThan(500_000);
    expect(html).toContain('>976-1000<');
  });
});
