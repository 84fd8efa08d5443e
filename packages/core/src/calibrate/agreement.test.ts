import { describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime.js';
import { logSoftmax } from '../tasks/text-classification/label-scores.js';
import { createFakePorts, exampleCalibration, exampleCatalog } from '../testing/index.js';
import { syntheticRows } from '../testing/synthetic-rows.js';
import { fitLadder } from './fit-ladder.js';
import { simulateLadder } from './simulate-ladder.js';

describe('a calibration', () => {
  it('simulates what the runtime then does: the same path, confidence and answer on every row', async () => {
    const drawn = syntheticRows({ rows: 200 });
    // An engine answers in 32 bits: calibrate on what it will say, or a row on the edge may fall to the other side.
    const answers = Object.entries(drawn.logProbs).map(
      ([tier, all]) => [tier, all.map((each) => Float32Array.from(each))] as const,
    );
    const logProbs = Object.fromEntries(answers.map(([tier, all]) => [tier, all.map((each) => logSoftmax(each))]));
    const rows = { ...drawn, logProbs };
    const ladder = fitLadder({ rows, tiers: ['nano', 'base'], relativeCosts: [0.1, 1] });
    const said = Object.fromEntries(answers);
    const scoresOf = (tier: string) => (text: string) => Array.from(said[tier]![Number(text.split(' ')[1])]!);
    const catalog = exampleCatalog();
    const ports = createFakePorts({
      catalog,
      calibration: exampleCalibration(catalog, [ladder]),
      models: { nano: { scores: scoresOf('nano') }, base: { scores: scoresOf('base') } },
    });
    const runtime = createRuntime(ports);
    const simulated = simulateLadder(ladder, rows);
    for (const [row, ending] of simulated.entries()) {
      const { path, confidence, output } = await runtime.run({ text: `row ${row}`, domain: 'bank' });
      expect(path).toEqual(ending.tiers);
      expect(confidence).toBeCloseTo(ending.confidence, 12);
      const label = output.kind === 'classification' ? output.label : undefined;
      expect(label === rows.labels[rows.truth[row]!]).toBe(ending.right);
    }
    expect(new Set(simulated.map(({ tiers }) => tiers.length))).toEqual(new Set([1, 2]));
  });
});
