import { describe, expect, it } from 'vitest';
import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import { parseRequest, requirementsOf } from '../../request/parse-request.js';
import { exampleCalibration } from '../../testing/example-calibration.js';
import { exampleCatalog } from '../../testing/example-catalog.js';
import { exampleEndpoint } from '../../testing/example-endpoint.js';
import { frontierOf, type FrontierInput } from './frontier-of.js';
import type { FrontierReport, HardwareProfile } from './frontier.js';
import { HOURS_PER_MONTH, machineOf } from './machine.js';

const GIB = 2 ** 30;
const hardware = (changes: Partial<HardwareProfile> = {}): HardwareProfile => ({
  name: 'box',
  memoryBytes: 4 * GIB,
  cores: 4,
  gflops: 50,
  gigabytesPerSecond: 20,
  watts: 10,
  priceUsd: 365.25 * 5,
  lifetimeHours: 365.25 * 24 * 5,
  ...changes,
});

const local = exampleCatalog();
const cloud = exampleEndpoint({
  id: 'cloud',
  placement: 'cloud',
  price: { perCall: 0.001, perMillionInputTokens: 0, perMillionOutputTokens: 0, currency: 'USD', usdPerUnit: 1 },
});
const withCloud = { ...local, endpoints: [cloud] };

function plan(changes: Partial<FrontierInput> = {}): FrontierReport {
  return frontierOf({
    machines: [machineOf(hardware(), 0)],
    budgetUsd: 60,
    requestsPerMonth: 100_000,
    catalog: withCloud,
    calibration: exampleCalibration(local),
    requirements: requirementsOf(parseRequest({ text: 'a', domain: 'bank', residency: 'cloud' })),
    accuracies: new Map([['cloud', { accuracy: 0.99, basis: 'ledger' }]]),
    textTokens: undefined,
    ...changes,
  });
}

describe('what budgets and machines would buy', () => {
  it('is every tier and ladder by itself, and mixes that spend what is left', () => {
    const { points, chosen, basis, rejected } = plan();
    expect(rejected).toEqual([]);
    expect(basis).toBe('calibration, ledger');
    const names = points.map(({ mix }) => Object.keys(mix).join(' & '));
    expect(names).toEqual(expect.arrayContaining(['nano', 'base', 'nano+base', 'cloud', 'nano+base & cloud']));
    // A dollar a day for the box: what is left are about 29.56 dollars, for 29.6 % of the calls.
    const left = 60 - 30.4375;
    expect(chosen).toMatchObject({ hardware: 'box', withinBudget: true, onFrontier: true });
    expect(chosen!.monthlyUsd).toBeCloseTo(60, 6);
    expect(chosen!.mix['cloud']).toBeCloseTo(left / 100, 6);
    expect(chosen!.accuracy).toBeCloseTo(0.94 + (left / 100) * 0.05, 6);
  });

  it('marks what nothing is at least as good for less', () => {
    const { points } = plan({
      machines: [machineOf(hardware(), 0), machineOf(hardware({ name: 'dear', priceUsd: 9e3 }), 0)],
    });
    for (const point of points) {
      const better = points.filter((each) => each.monthlyUsd < point.monthlyUsd && each.accuracy >= point.accuracy);
      if (point.onFrontier) expect(better).toEqual([]);
    }
    expect(points.filter(({ onFrontier }) => onFrontier).every((point) => point.hardware === 'box')).toBe(true);
    expect(points.map(({ monthlyUsd }) => monthlyUsd)).toEqual(
      points.map(({ monthlyUsd }) => monthlyUsd).toSorted((a, b) => a - b),
    );
  });

  it('is the cheapest that is accurate enough where somebody says so, and nothing where nothing is', () => {
    expect(plan({ minAccuracy: 0.93 }).chosen?.mix).toEqual({ 'nano+base': 1 });
    expect(plan({ minAccuracy: 0.98 }).chosen).toBeUndefined();
    // A fifth of the way from 94 to 99 %: a dollar a day for the box, and a fifth of the calls.
    const { chosen } = plan({ minAccuracy: 0.95 });
    expect(chosen!.accuracy).toBeGreaterThanOrEqual(0.95);
    expect(chosen!.monthlyUsd).toBeCloseTo(30.4375 + 20, 6);
    expect(chosen!.mix['cloud']).toBeCloseTo(0.2, 6);
  });

  it('counts energy for every hour, and the price over the lifetime', () => {
    const [point] = plan({ machines: [machineOf(hardware({ watts: 100, priceUsd: 0 }), 0.4)] }).points;
    expect(point!.monthlyUsd).toBeCloseTo(0.1 * HOURS_PER_MONTH * 0.4, 9);
  });

  it('gives a machine no more requests than it has time for', () => {
    const slow = machineOf(hardware({ gflops: 0.02, gigabytesPerSecond: 0.01 }), 0);
    const { points, rejected, chosen } = plan({ machines: [slow], budgetUsd: 1e5, requestsPerMonth: 3e6 });
    expect(points.map(({ mix }) => Object.keys(mix).join(' & '))).not.toContain('base');
    expect(rejected.find(({ model }) => model === 'base')?.reason).toMatch(/^it has time for about [\d,]+ requests/);
    expect(chosen!.mix).toEqual({ cloud: 1 });
  });

  it('says why a machine cannot run a model, and what of a GPU is of no use', () => {
    const small = machineOf(hardware({ name: 'small', memoryBytes: 2e6 }), 0);
    const gpu = machineOf(hardware({ name: 'gpu', gpu: { memoryBytes: 8 * GIB, gflops: 1e4 } }), 0);
    const { rejected, points } = plan({ machines: [small, gpu] });
    expect(rejected.filter((each) => each.hardware === 'small').map(({ model }) => model)).toEqual([
      'nano int8',
      'base int8',
    ]);
    expect(rejected[0]!.reason).toMatch(/^it needs [\d.]+ MiB; /);
    expect(rejected.filter((each) => each.hardware === 'gpu')).toMatchObject([{ model: 'its GPU' }]);
    const p95Of = (name: string) => points.find((each) => each.hardware === name && each.mix['base'] === 1)?.p95Ms;
    const plain = plan().points.find(({ mix }) => mix['base'] === 1)?.p95Ms;
    expect(p95Of('gpu')).toBe(plain);
  });

  it('leaves out what nothing is known of', () => {
    const { rejected, points } = plan({ accuracies: new Map() });
    expect(rejected).toEqual([
      { hardware: 'box', model: 'cloud', reason: expect.stringContaining('nothing is known') },
    ]);
    expect(points.some(({ mix }) => 'cloud' in mix)).toBe(false);
  });

  it('refuses a budget below the cheapest, with the smallest that is enough', () => {
    const error = catching(() => plan({ budgetUsd: 20 }));
    expect(error).toBeInstanceOf(InfeasibleBudgetError);
    expect(error).toMatchObject({ facts: { smallestFeasible: 30.4375 }, message: expect.stringContaining('30.44') });
  });

  it('refuses where nothing runs anywhere', () => {
    const tiny = machineOf(hardware({ memoryBytes: 1000 }), 0);
    expect(catching(() => plan({ machines: [tiny], catalog: local }))).toBeInstanceOf(NoTierFitsError);
    expect(catching(() => plan({ calibration: undefined, accuracies: new Map() }))).toBeInstanceOf(NoTierFitsError);
  });
});

function catching(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error;
  }
}
