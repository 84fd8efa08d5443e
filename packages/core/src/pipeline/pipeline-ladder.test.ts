import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { PipelineInput } from '../ports/pipeline-engine.js';
import type { TierAnswer } from '../tasks/answer.js';
import { exampleLadder } from '../testing/example-calibration.js';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.js';
import { createMemoryLedger } from '../testing/memory-ledger.js';
import { seededRandom } from '../testing/seeded-random.js';
import { createPipelineLadder, type PipelineLadderPorts } from './pipeline-ladder.js';
import type { PipelineTier } from './pipeline-tier.js';

const input: PipelineInput = { kind: 'text', text: 'hello' };

const scores = (...values: readonly number[]): TierAnswer => ({
  kind: 'scores',
  labels: ['a', 'b', 'c'].slice(0, values.length),
  logProbs: Float64Array.from(values, Math.log),
});

interface Scripted extends PipelineTier {
  readonly asked: () => number;
}

function tier(
  id: string,
  says: TierAnswer | Error,
  { clock, takesMs = 0, ...rest }: Partial<PipelineTier> & { clock?: FakeClock; takesMs?: number } = {},
): Scripted {
  let asked = 0;
  return {
    id,
    placement: 'device',
    costUsd: 0,
    asked: () => asked,
    async run(_, signal) {
      asked++;
      signal?.throwIfAborted();
      if (takesMs === Infinity)
        await new Promise((_resolve, reject) =>
          signal?.addEventListener('abort', () => reject(signal.reason as Error)),
        );
      clock?.advance(takesMs);
      if (says instanceof Error) throw says;
      return { answer: says, output: `of ${id}` };
    },
    release: async () => undefined,
    ...rest,
  };
}

const broken = new EngineError({ message: 'it broke', hint: 'mend it' });

function ladderOf(tiers: readonly PipelineTier[], more: Partial<PipelineLadderPorts> = {}) {
  return createPipelineLadder({ task: 'test', tiers, clock: createFakeClock(), random: seededRandom(1), ...more });
}

describe('a ladder of pipelines', () => {
  it('stays where the lightest tier is sure', async () => {
    const top = tier('large', scores(0.01, 0.99));
    const result = await ladderOf([tier('small', scores(0.95, 0.05)), top]).run(input);
    expect(result).toMatchObject({ label: 'a', tier: 'small', path: ['small'], output: 'of small' });
    expect(result.verdict).toMatchObject({ kind: 'accept', calibrated: false, degraded: undefined });
    expect(result.distribution.map(({ label }) => label)).toEqual(['a', 'b']);
    expect(result.confidence).toBeCloseTo(0.95, 12);
    expect(top.asked()).toBe(0);
  });

  it('climbs with what it is not sure of, and tells how', async () => {
    const ladder = ladderOf([tier('small', scores(0.6, 0.4)), tier('large', scores(0.02, 0.98), { costUsd: 0.01 })]);
    const steps = [];
    for await (const step of ladder.stream(input)) steps.push(step);
    const kinds = steps.map((step) => (step.kind === 'trace' ? step.event.kind : step.kind));
    const answered = ['run', 'judge', 'answer'];
    expect(kinds).toEqual(['plan', ...answered, 'climb', ...answered, 'stop', 'result']);
    const last = steps.at(-1)!;
    expect(last.kind === 'result' && last.result).toMatchObject({ label: 'b', path: ['large'], costUsd: 0.01 });
  });

  it('abstains at the top where too little is known', async () => {
    const tiers = [tier('small', scores(0.6, 0.4)), tier('large', scores(0.7, 0.3))];
    const { verdict } = await ladderOf(tiers).run(input, { minConfidence: 0.9 });
    expect(verdict).toMatchObject({ kind: 'abstain', reason: 'confidence' });
    const bound = await ladderOf([tier('sure', scores(0.999, 0.001))]).run(input, { maxRisk: 0.05 });
    expect(bound.verdict).toMatchObject({ kind: 'abstain', reason: 'uncertified' });
  });

  it('fuses what a calibration has measured, and keeps a bound with it', async () => {
    const calibration = exampleLadder(['small', 'large']);
    const tiers = [tier('small', scores(0.6, 0.4)), tier('large', scores(0.1, 0.9))];
    const options = { minConfidence: 0.7 };
    const { path, distribution, verdict } = await ladderOf(tiers, { calibration }).run(input, options);
    expect(path).toEqual(['small', 'large']);
    const odds = Math.sqrt((0.9 / 0.1) * (0.4 / 0.6));
    expect(distribution[0]).toEqual({ label: 'b', score: expect.closeTo(odds / (1 + odds), 9) as number });
    expect(verdict).toMatchObject({ kind: 'accept', calibrated: true });
    const sure = ladderOf([tier('small', scores(0.99, 0.01)), tiers[1]!], { calibration, calibrationRows: 1000 });
    expect((await sure.run(input, { maxRisk: 0.05 })).verdict.certificate).toMatchObject({ maxRisk: 0.05 });
  });

  it('asks the next one for a tier that fails, and none for an input that nobody can read', async () => {
    const tiers = [tier('small', broken), tier('large', scores(0.9, 0.1))];
    expect(await ladderOf(tiers).run(input)).toMatchObject({ tier: 'large', verdict: { kind: 'accept' } });
    await expect(ladderOf([tier('a', broken), tier('b', broken)]).run(input)).rejects.toBe(broken);
    const unreadable = new InvalidRequestError({ message: 'no image', hint: 'send one' });
    const top = tier('large', scores(1));
    await expect(ladderOf([tier('small', unreadable), top]).run(input)).rejects.toBe(unreadable);
    expect(top.asked()).toBe(0);
  });

  it('gives the best it has where the tier above fails', async () => {
    const tiers = [tier('small', scores(0.6, 0.4)), tier('large', broken)];
    expect((await ladderOf(tiers).run(input)).verdict).toMatchObject({
      kind: 'accept',
      reason: 'cut-short',
      degraded: 'tier-failed',
    });
    const { verdict } = await ladderOf(tiers).run(input, { minConfidence: 0.9 });
    expect(verdict).toMatchObject({ kind: 'abstain', reason: 'confidence', degraded: 'tier-failed' });
  });

  it('waits for no higher tier beyond the deadline, nor starts one that took longer', async () => {
    const clock = createFakeClock();
    const slow = tier('slow', scores(0.1, 0.9), { takesMs: Infinity });
    const ladder = ladderOf([tier('small', scores(0.6, 0.4)), slow], { clock });
    const running = ladder.run(input, { deadlineMs: 50 });
    while (clock.sleepers() === 0) await Promise.resolve();
    clock.advance(50);
    expect(await running).toMatchObject({ label: 'a', verdict: { kind: 'accept', degraded: 'deadline' } });
    const known = tier('known', scores(0.1, 0.9), { clock, takesMs: 80 });
    const other = ladderOf([tier('small', scores(0.6, 0.4)), known], { clock });
    expect((await other.run(input)).label).toBe('b');
    expect((await other.run(input, { deadlineMs: 50 })).verdict.degraded).toBe('deadline');
    expect(known.asked()).toBe(1);
  });

  it('ends when nobody wants it any more', async () => {
    const control = new AbortController();
    const running = ladderOf([tier('slow', scores(1), { takesMs: Infinity })]).run(input, { signal: control.signal });
    await Promise.resolve();
    control.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  });

  it('tells the ledger that something was asked, and nothing of what', async () => {
    const ledger = createMemoryLedger();
    const tiers = [tier('small', scores(0.6, 0.4)), tier('large', scores(0.02, 0.98), { costUsd: 0.5 })];
    await ladderOf(tiers, { ledger }).run({ kind: 'text', text: 'a secret' });
    await ladderOf([tier('small', broken)], { ledger })
      .run(input)
      .catch(() => undefined);
    const [failed, answered] = await ledger.outcomes();
    expect(answered).toMatchObject({ task: 'test', tier: 'large', verdict: 'accept', costUsd: 0.5 });
    expect(failed).toMatchObject({ verdict: 'failed', error: 'ENGINE_FAILED' });
    expect(JSON.stringify(await ledger.outcomes())).not.toContain('secret');
    expect((await ledger.statistics()).map(({ variantId }) => variantId)).toEqual(
      expect.arrayContaining(['test/small', 'test/large']),
    );
  });

  it.each([
    ['no tier', []],
    ['two of one id', [tier('a', scores(1)), tier('a', scores(1))]],
  ])('is refused with %s', (_, tiers) => {
    expect(() => ladderOf(tiers)).toThrow(InvalidRequestError);
  });

  it.each([{ minConfidence: 2 }, { maxRisk: -1 }, { deadlineMs: Number.NaN }])('refuses %j', async (options) => {
    await expect(ladderOf([tier('a', scores(1))]).run(input, options)).rejects.toThrow(InvalidRequestError);
  });
});
