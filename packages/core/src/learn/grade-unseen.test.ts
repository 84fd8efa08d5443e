import { describe, expect, it } from 'vitest';
import { fitCalibration, type CalibrationInput } from '../calibrate/fit-calibration.js';
import { seededRandom } from '../evaluate/seeded-random.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { normal } from '../testing/synthetic-rows.js';
import type { CalibrationAsk } from './calibrate-rungs.js';
import { gradeUnseen } from './grade-unseen.js';

const LABELS = ['a', 'b', 'c', 'd'];

/** Two rungs that see the label through noise. */
function askOf(count: number, seed: number, rungs = ['nano', 'base']): CalibrationAsk {
  const random = seededRandom(seed);
  const truth = Array.from({ length: count }, (_, row) => LABELS[row % LABELS.length]!);
  return {
    domain: 'bank',
    rungs: rungs.map((id, i) => ({
      id,
      labels: LABELS,
      textMs: 1 + 4 * i,
      variant: 'a'.repeat(64),
      delta: 'b'.repeat(64),
      logits: {
        rows: count,
        columns: LABELS.length,
        data: Float32Array.from(
          truth.flatMap((label) => LABELS.map((each) => 2 * (normal(random) + (each === label ? 1.5 : 0)))),
        ),
      },
    })),
    truth,
    outOfScopeLabel: null,
    fingerprint: 'c'.repeat(64),
    random,
  };
}

const clock = createFakeClock();

describe('gradeUnseen', () => {
  it('judges each half of the rows by what was made of the other one', async () => {
    const inputs: CalibrationInput[] = [];
    const right = await gradeUnseen(askOf(240, 1), {
      clock,
      calibrate: async (input) => {
        inputs.push(input);
        return fitCalibration(input);
      },
    });
    expect(right).toHaveLength(240);
    expect(right!.filter(Boolean).length).toBeGreaterThan(120);
    expect(inputs.map(({ rows }) => rows.truth.length)).toEqual([120, 120]);
    const [first, second] = inputs.map(({ rows }) => new Set(rows.logProbs['base']!.map((each) => each.join())));
    expect([...first!].filter((row) => second!.has(row))).toEqual([]);
  });

  it.each([
    ['half of the rows is too little', askOf(196, 1)],
    ['there is one rung', askOf(240, 1, ['base'])],
    ['there are many rows', askOf(2004, 1)],
  ])('leaves it where %s', async (_, ask) => {
    expect(await gradeUnseen(ask, { clock, calibrate: async (input) => fitCalibration(input) })).toBeUndefined();
  });
});
