import { describe, expect, it } from 'vitest';
import type { Calibration } from '../catalog/calibration.js';
import { exampleLadder } from '../testing/example-calibration.js';
import { gradeLadder, scoreInTurns, type ScoredRung } from './grade-ladder.js';

const LABELS = ['a', 'b'];
/** P(a) of each row. */
const rung = (id: string, textMs: number, ofA: readonly number[], labels = LABELS): ScoredRung => ({
  id,
  labels,
  textMs,
  logits: { rows: ofA.length, columns: 2, data: Float32Array.from(ofA.flatMap((p) => [Math.log(p), Math.log(1 - p)])) },
});
const truth = ['a', 'a', 'b'];
const turns = { clock: { sleep: async () => undefined } };

describe('gradeLadder', () => {
  it('climbs on a low raw score where nothing is calibrated', async () => {
    const rungs = [rung('nano', 1, [0.95, 0.6, 0.05]), rung('base', 10, [0.9, 0.3, 0.1])];
    expect(await gradeLadder(rungs, truth, undefined, turns)).toEqual([
      { right: true, cost: 1, climbed: false },
      { right: false, cost: 11, climbed: true },
      { right: true, cost: 1, climbed: false },
    ]);
  });

  it('takes the cheapest ladder that is as accurate as the best one', async () => {
    const ladder = (tiers: string[], accuracy: number) =>
      exampleLadder(tiers, { operating: { accuracy, calls: tiers.map(() => 1) } });
    const calibration: Calibration = {
      format: 1,
      domain: 'bank',
      data: { fingerprint: 'a'.repeat(64), rows: 100, outOfScopeRows: 0 },
      tiers: {},
      ladders: [ladder(['nano'], 0.8), ladder(['base'], 0.9), ladder(['nano', 'base'], 0.9), ladder(['other'], 1)],
    };
    const rungs = [rung('nano', 1, [0.2, 0.2, 0.8]), rung('base', 10, [0.9, 0.9, 0.1])];
    const graded = await gradeLadder(rungs, truth, calibration, turns);
    expect(graded.map(({ right, cost }) => [right, cost])).toEqual([
      [true, 10],
      [true, 10],
      [true, 10],
    ]);
  });

  it('grades many rows as it grades each of them', async () => {
    const [ofNano, ofBase] = [4, 7].map((step) =>
      Array.from({ length: 2500 }, (_, i) => ((i * step) % 99) / 100 + 0.005),
    );
    const many = Array.from({ length: 2500 }, (_, i) => LABELS[i % 2]!);
    const graded = await gradeLadder([rung('nano', 1, ofNano!), rung('base', 10, ofBase!)], many, undefined, turns);
    expect(graded).toHaveLength(2500);
    for (const row of [0, 1023, 1024, 2047, 2499]) {
      const alone = [rung('nano', 1, [ofNano![row]!]), rung('base', 10, [ofBase![row]!])];
      expect(await gradeLadder(alone, [many[row]!], undefined, turns)).toEqual([graded[row]]);
    }
  });

  it('gives others a turn, and hears in it that nobody wants to know any more', async () => {
    const labels = Array.from({ length: 10_000 }, (_, i) => `${i}`);
    const wide: ScoredRung = {
      id: 'base',
      labels,
      textMs: 1,
      logits: { rows: 100, columns: 10_000, data: new Float32Array(1_000_000) },
    };
    const asked = Array.from({ length: 100 }, () => '0');
    const control = new AbortController();
    let slept = 0;
    const clock = { sleep: async () => void (++slept === 3 && control.abort(new Error('left'))) };
    const given = { clock, signal: control.signal };
    await expect(gradeLadder([wide], asked, undefined, given)).rejects.toThrow('left');
    slept = 3;
    const scored = { tiers: ['base'], truth: asked, outOfScopeLabel: null };
    await expect(scoreInTurns([wide], scored, given)).rejects.toThrow('left');
    const rows = await scoreInTurns([wide], scored, { clock });
    expect(rows!.logProbs['base']).toHaveLength(100);
    expect(rows!.truth).toEqual(asked.map(() => 0));
    expect(slept).toBeGreaterThan(9);
  });

  it('calls wrong what a rung has no label for', async () => {
    const rungs = [rung('nano', 1, [0.95, 0.95, 0.95], ['x', 'y'])];
    const graded = await gradeLadder(rungs, truth, undefined, turns);
    expect(graded.every(({ right }) => !right)).toBe(true);
  });
});
