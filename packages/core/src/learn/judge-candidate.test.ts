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

it('keeps what has the same numbers and says something else by them', async () => {
  const { ports, deltas } = life();
  const ask = { domain: 'bank', examples: [...examplesOf(LABELS, 15), ...examplesOf(['none'], 15)] };
  const first = await deltas.fit(ask);
  const foreign = await deltas.fit({ ...ask, outOfScopeLabel: 'none' });
  expect(foreign.revision.id).not.toBe(first.revision.id);
  await deltas.promote('bank', foreign.revision.id);
  // What is in force is told from now on, without saying so again.
  const again = await deltas.fit({ ...ask, subDomains: { cards: ['block', 'pin'] } });
  expect(again.revision.id).not.toBe(foreign.revision.id);
  expect(again.revision.deltas[0]).toMatchObject({ outOfScopeLabel: 'none', subDomains: { cards: ['block', 'pin'] } });
  expect(ports.catalog.current().deltas[0]).toMatchObject({ outOfScopeLabel: 'none', subDomains: {} });
});

it('keeps a calibration that there was none of before', async () => {
  const { ports, deltas } = life();
  const ask = { domain: 'bank', examples: examplesOf(LABELS, 15) };
  const first = await deltas.fit(ask);
  expect(first.calibrated).toBeUndefined();
  const judged = await deltas.fit({ ...ask, evaluation: examplesOf(LABELS, 24, 'b') });
  expect(judged.calibrated).toEqual({ rows: 120, basis: 'held-out' });
  expect(await ports.revisions.calibration(judged.revision)).toBeDefined();
});

it('is not compared on what is in force was fitted on, however it is written', async () => {
  const { deltas } = life();
  const examples = examplesOf(LABELS, 30);
  await deltas.fit({ domain: 'bank', examples });
  const written = examples.map((each) => ({ ...each, text: `${each.text}!` }));
  const { decision } = await deltas.fit({ domain: 'bank', examples: written });
  expect(decision).toMatchObject({ reason: 'too-few-rows', comparison: { accuracy: { rows: 0 } } });
});
