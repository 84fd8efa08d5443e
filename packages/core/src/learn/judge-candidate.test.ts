import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { fitCalibration } from '../calibrate/fit-calibration.js';
import type { Example } from '../calibrate/score-rows.js';
import { certify } from '../judge/risk-control.js';
import { createFakeDeltasPorts } from '../testing/fake-deltas-ports.js';
import { createDeltas } from './create-deltas.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const LABELS = ['balance', 'transfer', 'block', 'pin', 'limit'];

/** Rows that start with their label; those of one `name` are others than those of another. */
const examplesOf = (labels: readonly string[], each: number, name = 'a'): Example[] =>
  Array.from({ length: labels.length * each }, (_, i) => {
    const label = labels[i % labels.length]!;
    return {
      text: `${label} ${name.repeat(8)} ${createHash('sha256').update(`${name}${i}`).digest('hex')}`,
      label,
      line: i + 1,
    };
  });

const life = () => {
  const ports = createFakeDeltasPorts({ startHash });
  return { ports, deltas: createDeltas({ ...ports, calibrate: async (input) => fitCalibration(input) }) };
};

it('certifies nothing by rows that a rung that stays was fitted on, and keeps confidences', async () => {
  const { ports, deltas } = life();
  const examples = examplesOf(LABELS, 30);
  await deltas.fit({ domain: 'bank', examples });
  const again = await deltas.fit({ domain: 'bank', base: 'base', examples, dtype: 'int8' });
  expect(again.calibrated).toBeUndefined();
  const carried = await ports.revisions.calibration(again.revision);
  expect(Object.keys(carried!.tiers)).toEqual(['nano', 'base']);
  const { grid } = carried!.ladders[0]!;
  expect(certify({ grid, rows: carried!.data.rows, maxRisk: 0.5 })).toBeUndefined();

  const more = [...examples, ...examplesOf(LABELS, 24, 'b')];
  const { calibrated } = await deltas.fit({ domain: 'bank', base: 'base', examples: more });
  expect(calibrated).toEqual({ rows: 120, basis: 'cross-validated' });
});

it('certifies nothing by rows that a delta that is built upon was fitted on', async () => {
  const { deltas } = life();
  await deltas.fit({ domain: 'bank', examples: examplesOf([...LABELS, 'rare'], 30) });
  const without = await deltas.fit({
    domain: 'bank',
    examples: [
      ...examplesOf([...LABELS, 'rare'], 30).filter(({ label }) => label !== 'rare'),
      ...examplesOf(LABELS, 20, 'b'),
    ],
  });
  expect(without.rungs.map(({ method }) => method)).toEqual(['incremental', 'incremental']);
  expect(without.calibrated).toEqual({ rows: 100, basis: 'cross-validated' });
});
