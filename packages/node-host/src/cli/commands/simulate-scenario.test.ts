import { InvalidRequestError } from '@terrace/core';
import { DEFAULT_STAGE_ROUTE, type RewardTable } from '@terrace/core/deploy';
import { describe, expect, it } from 'vitest';
import { algorithmsOf, scenarioOf, type ScenarioFlags } from './simulate-scenario.js';

const table: RewardTable = {
  arms: ['small', 'large'],
  rows: 2,
  rewards: [Float64Array.of(0.5, 0.5), Float64Array.of(1, 1)],
  costs: [Float64Array.of(0.1, 0.1), Float64Array.of(1, 3)],
};

const flags = (changes: Partial<ScenarioFlags> = {}): ScenarioFlags => ({
  windows: 10,
  maxModels: 3,
  passes: 5,
  budgetShare: 0.25,
  ...changes,
});

const settings = (changes: Partial<ScenarioFlags>) => scenarioOf(table, flags(changes), []).settings;

describe('what flags have simulated', () => {
  it('is the shipped form unless they say otherwise', () => {
    expect(scenarioOf(table, flags(), [])).toEqual({
      windows: 10,
      requests: 10,
      events: [],
      settings: { ...DEFAULT_STAGE_ROUTE, maxLive: 3, budget: 0.5 },
      carries: [1, 1],
      fixedCost: [0, 0],
    });
    expect(settings({ multiplier: 1, pace: 'fixed', trialShare: 0 })).toMatchObject({
      multiplier: 1,
      pace: 'fixed',
      trialShare: 0,
    });
    expect(settings({ budget: 0.3 }).budget).toBe(0.3);
  });

  it('has the events of flags beside those of a file', () => {
    const ofFile = [{ kind: 'departure', window: 1, arm: 0 }] as const;
    const said = flags({ arrive: ['large@3'], price: ['large@5:x0.5'], shift: ['small@6:-0.1'] });
    expect(scenarioOf(table, said, ofFile).events.map(({ kind, window, arm }) => [kind, window, arm])).toEqual([
      ['departure', 1, 0],
      ['arrival', 3, 1],
      ['price', 5, 1],
      ['quality', 6, 0],
    ]);
  });

  it.each([
    ['plain', { kind: 'plain' }],
    ['sliding:1000', { kind: 'sliding', samples: 1000 }],
    ['discounted:0.999', { kind: 'discounted', factor: 0.999 }],
    ['change-detection:0.05', { kind: 'change-detection', alpha: 0.05 }],
  ])('counts by the statistics "%s"', (statistics, read) => {
    expect(settings({ statistics }).statistics).toEqual(read);
  });

  it.each([
    '',
    'plain:1',
    'sliding',
    'sliding:0.5',
    'sliding:99999999999',
    'discounted:1',
    'discounted:x',
    'change-detection:0',
    'mean',
  ])('refuses the statistics "%s"', (statistics) =>
    expect(() => settings({ statistics })).toThrow(InvalidRequestError),
  );

  it('asks for a budget', () => {
    expect(() => scenarioOf(table, { windows: 1, maxModels: 1, passes: 1 }, [])).toThrow('no budget');
  });
});

describe('the algorithms that are simulated', () => {
  const featured = { ...table, features: { width: 1, values: Float32Array.of(1, 2) } };
  const warnings: string[] = [];
  const warn = (line: string): number => warnings.push(line);

  it('are all that the table has something for', () => {
    expect(algorithmsOf(undefined, table, warn)).toHaveLength(8);
    expect(algorithmsOf(undefined, featured, warn)).toHaveLength(9);
    expect(algorithmsOf(['greedy', 'stageroute'], table, warn)).toEqual(['stageroute', 'greedy']);
    expect(warnings).toEqual([]);
    expect(algorithmsOf(['greedy', 'contextual'], table, warn)).toEqual(['greedy']);
    expect(warnings).toEqual([expect.stringContaining('features')]);
  });

  it('are known by name, and at least one', () => {
    expect(() => algorithmsOf(['gredy'], table, warn)).toThrow('no algorithm "gredy"');
    expect(() => algorithmsOf(['contextual'], table, warn)).toThrow(InvalidRequestError);
  });
});
