import { describe, expect, it } from 'vitest';
import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { RewardTable } from './reward-table.js';
import { parseScenarioEvent, readScenarioEvents } from './scenario-events.js';
import { windowsOf } from './scenario-windows.js';
import type { Scenario, ScenarioEvent } from './scenario.js';

const table: RewardTable = {
  arms: ['a', 'b:x1@2'],
  rows: 2,
  rewards: [Float64Array.of(0.5, 0.9), Float64Array.of(0.2, 0.4)],
  costs: [Float64Array.of(1, 3), Float64Array.of(0, 1)],
};

const scenario = (changes: Partial<Scenario> = {}): Scenario => ({
  windows: 4,
  requests: 10,
  events: [],
  settings: {
    maxLive: 2,
    budget: 2,
    multiplier: 1,
    delta: 0.05,
    pace: 'paced',
    statistics: { kind: 'plain' },
    trialShare: 0,
  },
  carries: [1, 1],
  fixedCost: [0, 0],
  ...changes,
});

const windows = (...events: ScenarioEvent[]) => windowsOf(table, scenario({ events }));

describe('the windows of a scenario', () => {
  it('share the requests as evenly as whole numbers can', () => {
    expect(windows().map(({ requests }) => requests)).toEqual([2, 3, 2, 3]);
  });

  it('leave columns alone that nothing has changed', () => {
    for (const { rewards, costs } of windows()) {
      expect(rewards).toEqual(table.rewards);
      expect(costs[0]).toBe(table.costs[0]);
    }
  });

  it('share lists and columns with the window before where nothing has changed', () => {
    const [first, second, third] = windows(
      { kind: 'departure', window: 2, arm: 1 },
      { kind: 'price', window: 2, arm: 0, factor: 2 },
    );
    expect([second!.available, second!.rewards, second!.costs]).toEqual([first!.available, table.rewards, table.costs]);
    expect([second!.available === first!.available, second!.costs === first!.costs]).toEqual([true, true]);
    expect([third!.available, [...third!.meanCost], [...second!.meanCost]]).toEqual([[0], [4, 0.5], [2, 0.5]]);
  });

  it('hold those who have come and not left', () => {
    const played = windows(
      { kind: 'departure', window: 3, arm: 0 },
      { kind: 'arrival', window: 1, arm: 1 },
      { kind: 'departure', window: 2, arm: 1 },
      { kind: 'arrival', window: 3, arm: 1 },
    );
    expect(played.map(({ available }) => available)).toEqual([[0], [0, 1], [0], [1]]);
  });

  it('add shifts up within [0, 1], and multiply prices', () => {
    const played = windows(
      { kind: 'quality', window: 1, arm: 0, shift: 0.3 },
      { kind: 'quality', window: 2, arm: 0, shift: -0.5 },
      { kind: 'price', window: 1, arm: 0, factor: 0.5 },
      { kind: 'price', window: 3, arm: 0, factor: 4 },
    );
    expect(played.map(({ rewards }) => [...rewards[0]!].map((reward) => Number(reward.toFixed(9))))).toEqual([
      [0.5, 0.9],
      [0.8, 1],
      [0.3, 0.7],
      [0.3, 0.7],
    ]);
    expect(played.map(({ meanCost }) => meanCost[0])).toEqual([2, 1, 1, 4]);
    expect(table.rewards[0]).toEqual(Float64Array.of(0.5, 0.9));
  });

  it.each<[string, Partial<Scenario>]>([
    ['no window', { windows: 0 }],
    ['an empty window', { windows: 11 }],
    ['too many windows', { windows: 20_000, requests: 20_000 }],
    ['half a request', { requests: 10.5 }],
    ['no live model', { settings: { ...scenario().settings, maxLive: 0 } }],
    ['no budget', { settings: { ...scenario().settings, budget: 0 } }],
    ['a budget that is no number', { settings: { ...scenario().settings, budget: NaN } }],
    ['a negative multiplier', { settings: { ...scenario().settings, multiplier: -1 } }],
    ['a delta of 1', { settings: { ...scenario().settings, delta: 1 } }],
    ['a model that carries nothing', { carries: [1, 0] }],
    ['limits of too few models', { carries: [1] }],
    ['a negative fixed cost', { fixedCost: [0, -1] }],
    ['a window that does not come', { events: [{ kind: 'arrival', window: 4, arm: 1 }] }],
    ['a model that is not there', { events: [{ kind: 'arrival', window: 1, arm: 2 }] }],
    ['an absurd price', { events: [{ kind: 'price', window: 1, arm: 0, factor: 1e4 }] }],
    [
      'prices that become absurd together',
      { events: [1, 2].map((window) => ({ kind: 'price', window, arm: 0, factor: 100 })) },
    ],
    ['a negative price', { events: [{ kind: 'price', window: 1, arm: 0, factor: -1 }] }],
    ['a shift of NaN', { events: [{ kind: 'quality', window: 1, arm: 0, shift: NaN }] }],
    [
      'a window without a model',
      {
        events: [
          { kind: 'departure', window: 2, arm: 0 },
          { kind: 'departure', window: 2, arm: 1 },
        ],
      },
    ],
  ])('refuse %s', (_, changes) => {
    expect(() => windowsOf(table, scenario(changes))).toThrow(InvalidRequestError);
  });
});

describe('events of a scenario', () => {
  const names = table.arms;

  it('are read from flags, whatever the names hold', () => {
    expect(parseScenarioEvent('arrival', 'b:x1@2@3', names)).toEqual({ kind: 'arrival', window: 3, arm: 1 });
    expect(parseScenarioEvent('price', 'a@5:x0.5', names)).toEqual({ kind: 'price', window: 5, arm: 0, factor: 0.5 });
    expect(parseScenarioEvent('quality', 'b:x1@2@6:-0.1', names)).toEqual({
      kind: 'quality',
      window: 6,
      arm: 1,
      shift: -0.1,
    });
  });

  it.each([
    ['arrival', 'a'],
    ['arrival', 'a@'],
    ['arrival', 'a@-1'],
    ['arrival', '@3'],
    ['arrival', 'c@3'],
    ['price', 'a@3'],
    ['price', 'a@3:0.5'],
    ['price', 'a@3:x'],
    ['quality', 'a@3:x2'],
    ['quality', 'a@3:NaN'],
  ] as const)('refuse %s "%s"', (kind, text) => {
    expect(() => parseScenarioEvent(kind, text, names)).toThrow(InvalidRequestError);
  });

  it('are read from a file', () => {
    const text = JSON.stringify([
      { kind: 'arrival', window: 3, arm: 'a' },
      { kind: 'quality', window: 6, arm: 'b:x1@2', shift: -0.1 },
    ]);
    expect(readScenarioEvents(`\uFEFF${text}`, names)).toEqual([
      { kind: 'arrival', window: 3, arm: 0 },
      { kind: 'quality', window: 6, arm: 1, shift: -0.1 },
    ]);
  });

  it.each([
    ['no JSON', '['],
    ['no list', '{}'],
    ['no object', '[1]'],
    ['another kind', '[{"kind": "toString", "window": 1, "arm": "a"}]'],
    ['another model', '[{"kind": "arrival", "window": 1, "arm": "c"}]'],
    ['no window', '[{"kind": "arrival", "arm": "a"}]'],
    ['half a window', '[{"kind": "arrival", "window": 0.5, "arm": "a"}]'],
    ['no factor', '[{"kind": "price", "window": 1, "arm": "a"}]'],
    ['an infinite shift', '[{"kind": "quality", "window": 1, "arm": "a", "shift": 1e999}]'],
    ['a field of another kind', '[{"kind": "arrival", "window": 1, "arm": "a", "shift": 1}]'],
  ])('refuse a file with %s', (_, text) => {
    expect(() => readScenarioEvents(text, names)).toThrow(InvalidDataError);
  });
});
