import { describe, expect, it } from 'vitest';
import { InvalidDataError } from '../errors/invalid-data-error.js';
import { createLoader } from '../load/loader.js';
import { createScheduler } from '../run/scheduler.js';
import { logSoftmax } from '../tasks/text-classification/label-scores.js';
import { exampleRung } from '../testing/example-rungs.js';
import { createFakeClock, createFakeEngine, createFakeStore, EXAMPLE_LABELS, scoresFor } from '../testing/index.js';
import { scoreRows } from './score-rows.js';

const examples = [
  { text: 'what do i have', label: 'balance', line: 1 },
  { text: 'a new card please', label: 'new_card', line: 2 },
];

function setUp() {
  const clock = createFakeClock();
  const scores = (text: string): number[] =>
    scoresFor(text.includes('card') ? 'new_card' : 'balance', 0.8, EXAMPLE_LABELS);
  const engine = createFakeEngine({
    clock,
    models: { nano: { scores, runMs: 2, loadMs: 500 }, base: { scores, runMs: 6, loadMs: 900 } },
  });
  const loader = createLoader({ engine, store: createFakeStore(), onLoad: () => undefined });
  const scheduler = createScheduler({ loader, clock, workers: () => 1 });
  return { clock, engine, scheduler, examples, rungs: [exampleRung('nano'), exampleRung('base')] };
}

describe('scoreRows', () => {
  it('asks every tier about every row in turn, and times the runs but not the loads', async () => {
    const { engine, ...input } = setUp();
    const progress: number[] = [];
    const { rows, timesMs } = await scoreRows({ ...input, onRow: (done) => progress.push(done) });
    expect(engine.runs.map(({ modelId }) => modelId)).toEqual(['nano', 'base', 'nano', 'base']);
    expect(timesMs).toEqual({ nano: [2, 2], base: [6, 6] });
    expect(rows).toMatchObject({ labels: EXAMPLE_LABELS, outOfScopeLabel: 'oos', truth: [0, 3] });
    const expected = logSoftmax(Float32Array.from(scoresFor('new_card', 0.8, EXAMPLE_LABELS)));
    expect(rows.logProbs['base']![1]).toEqual(expected);
    expect(progress).toEqual([1, 2]);
  });

  it('brings the labels of every tier into one order', async () => {
    const { engine: _, ...input } = setUp();
    const [nano, base] = input.rungs;
    const delta = { ...base!.tier.delta!, labels: base!.tier.delta!.labels.toReversed() };
    const { rows } = await scoreRows({ ...input, rungs: [nano!, { ...base!, tier: { ...base!.tier, delta } }] });
    expect(rows.logProbs['base']![0]).toEqual(rows.logProbs['nano']![0]!.toReversed());
  });

  it('refuses a label that the deltas do not know, with its line', async () => {
    const { engine, ...input } = setUp();
    const wrong = scoreRows({ ...input, examples: [...examples, { text: 'x', label: 'loan', line: 3 }] });
    await expect(wrong).rejects.toThrow(InvalidDataError);
    await expect(wrong).rejects.toMatchObject({ facts: { line: 3 } });
    expect(engine.runs).toEqual([]);
  });

  it('refuses tiers that answer with other labels', async () => {
    const { engine: _, ...input } = setUp();
    const [nano, base] = input.rungs;
    const delta = { ...base!.tier.delta!, labels: ['a', 'b', 'c', 'd', 'e'] };
    const mixed = scoreRows({ ...input, rungs: [nano!, { ...base!, tier: { ...base!.tier, delta } }] });
    await expect(mixed).rejects.toThrow('base and nano answer with different labels');
  });

  it('stops when it is told to', async () => {
    const { engine, ...input } = setUp();
    const controller = new AbortController();
    const stopped = scoreRows({
      ...input,
      signal: controller.signal,
      onRow: () => controller.abort(new Error('enough')),
    });
    await expect(stopped).rejects.toThrow('enough');
    expect(engine.runs).toHaveLength(2);
  });
});
