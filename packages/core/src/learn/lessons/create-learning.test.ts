import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Observation } from '../../ports/learning.js';
import type { Revision } from '../../ports/revision-store.js';
import { exampleCalibration } from '../../testing/example-calibration.js';
import { EXAMPLE_LABELS, exampleCatalog, exampleDelta, exampleNano, fakeSha } from '../../testing/example-catalog.js';
import { createFakeCatalogSource } from '../../testing/fake-catalog-source.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import { createMemoryLedger } from '../../testing/memory-ledger.js';
import { createMemoryLessons } from '../../testing/memory-lessons.js';
import type { FitAsk, FitReport } from '../deltas.js';
import { createLearning } from './create-learning.js';
import type { LearningPorts } from './learning-ports.js';
import type { LearningSettings } from './learning-settings.js';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const candidateId = fakeSha('candidate');
const labels = [...EXAMPLE_LABELS, 'brand new'];

/** A domain whose candidate knows a label more, and says of each text the label that the text names. */
function open({ settings, decision = 'promote' }: { settings?: Partial<LearningSettings>; decision?: string } = {}) {
  const catalog = exampleCatalog();
  const source = createFakeCatalogSource(catalog, exampleCalibration(catalog));
  const clock = createFakeClock();
  const lessons = createMemoryLessons();
  const ledger = createMemoryLedger();
  const failures: unknown[] = [];
  const asks: FitAsk[] = [];
  const promoted: string[] = [];
  let idle = true;
  const revision = { id: candidateId, deltas: [exampleDelta(exampleNano(), { labels })] } as unknown as Revision;
  const deltas = {
    fit: vi.fn<(ask: FitAsk) => Promise<FitReport>>(async (ask) => {
      asks.push(ask);
      return { decision: { kind: decision }, revision } as unknown as FitReport;
    }),
    revisions: async () => ({ revisions: [revision], inForce: undefined }),
    promote: async (domain: string, id: string) => {
      promoted.push(id);
      const domains = catalog.domains.map((each) => ({ ...each, ladderRevision: id }));
      source.replace({ ...source.current(), domains }, exampleCalibration(catalog));
    },
  };
  const run = async ({ text }: { text: string }) => ({
    values: Float32Array.from(labels, (label) => (text.startsWith(label) ? 12 : 0)),
  });
  const workshop = {
    rungs: async () => [{ tier: { id: 'nano', model: exampleNano() } }],
    borrow: async () => ({ session: { run }, done: () => undefined }),
    isIdle: () => idle,
  };
  const ports = {
    lessons,
    ledger,
    deltas: async () => deltas,
    revisions: async () => ({ calibration: async () => undefined }),
    workshop: () => workshop,
    catalog: source,
    clock,
    random: () => 0.99,
    settings,
    onFailure: (error: unknown) => failures.push(error),
  } as unknown as LearningPorts;
  const start = () => {
    const learning = createLearning(ports);
    closing.push(() => learning.close());
    return learning;
  };
  let asked = 0;
  const observation = (label: string, { climbs = true } = {}): Observation => ({
    requestId: `r${asked}`,
    text: `${label} ${asked++}`,
    domain: 'bank',
    residency: 'device',
    ladderRevision: source.current().domains[0]!.ladderRevision,
    label,
    verdict: 'accept',
    confidence: 0.95,
    said: [
      { tier: 'nano', placement: 'device', label: 'oos', probability: 0.5 },
      ...(climbs ? [{ tier: 'site', placement: 'site' as const, label, probability: 0.95 }] : []),
    ],
  });
  /** Lets the loop take so many turns. */
  const pass = async (seconds: number): Promise<void> => {
    for (let n = 0; n < seconds * 2; n++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(500);
    }
    await new Promise((resolve) => setImmediate(resolve));
  };
  const setIdle = (is: boolean): void => void (idle = is);
  return { start, source, clock, lessons, ledger, failures, asks, promoted, deltas, observation, pass, setIdle };
}

describe('learning', () => {
  it('fits what climbs have taught in idle time, tries it beside what is in force, and promotes it', async () => {
    const { start, asks, promoted, observation, pass, failures, source } = open();
    const learning = start();
    for (let n = 0; n < 7; n++) learning.observe(observation('brand new'));
    for (let n = 0; n < 12; n++) learning.observe(observation('balance'));
    await pass(10);
    expect(asks).toEqual([]);
    expect((await learning.status()).domains).toMatchObject([{ stage: { kind: 'gathering', wanted: 1 } }]);
    learning.observe(observation('brand new'));
    await pass(4);
    expect(asks).toEqual([]);
    await pass(4);
    expect(asks).toHaveLength(1);
    expect(asks[0]).toMatchObject({ domain: 'bank', promote: false, origin: 'learnt', except: [] });
    expect(asks[0]!.examples).toHaveLength(20);
    expect(asks[0]!.weights?.[0]).toBeCloseTo(0.9 * 0.9, 9);
    expect((await learning.status()).domains[0]!.stage).toMatchObject({ kind: 'shadow', wanted: 50 });
    for (let n = 0; n < 50; n++) {
      learning.observe(observation('brand new'));
      await pass(0.5);
    }
    await pass(1);
    expect(promoted).toEqual([candidateId]);
    for (let n = 0; n < 4; n++) learning.observe(observation('brand new', { climbs: false }));
    expect(source.current().domains[0]!.ladderRevision).toBe(candidateId);
    const [status] = (await learning.status()).domains;
    expect(status!.promotions).toMatchObject([
      { revision: candidateId, lessons: 20, climbedBefore: 1, climbedSince: 0 },
    ]);
    expect(failures).toEqual([]);
  });

  it('fits one new label on what is in force, and waits for more than three lessons', async () => {
    const { start, asks, observation } = open();
    const learning = start();
    for (let n = 0; n < 3; n++) learning.observe(observation('brand new'));
    expect(await learning.runNow('bank')).toEqual([{ kind: 'too-few', domain: 'bank', lessons: 3, wanted: 4 }]);
    learning.observe(observation('brand new'));
    expect(await learning.runNow('bank')).toMatchObject([{ newLabels: ['brand new'], next: 'shadow' }]);
    expect(asks).toHaveLength(1);
  });

  it('tells a fit how often labels are asked for, by requests that climbed and by those that did not', async () => {
    const { start, asks, observation } = open();
    const learning = start();
    for (let n = 0; n < 5; n++) learning.observe(observation('brand new'));
    for (let n = 0; n < 7; n++) learning.observe(observation('balance', { climbs: false }));
    learning.observe({ ...observation('balance', { climbs: false }), verdict: 'abstain' });
    await learning.runNow('bank');
    expect(asks[0]!.examples).toHaveLength(5);
    expect(asks[0]!.traffic).toEqual([
      { label: 'brand new', asked: 5 },
      { label: 'balance', asked: 8 },
    ]);
  });

  it('goes on with a candidate in shadow after a restart', async () => {
    const { start, promoted, observation, pass } = open();
    const first = start();
    for (let n = 0; n < 30; n++) first.observe(observation(n % 2 > 0 ? 'brand new' : 'balance'));
    await pass(8);
    for (let n = 0; n < 30; n++) {
      first.observe(observation('brand new'));
      await pass(0.5);
    }
    await first.close();
    const second = start();
    await pass(1);
    expect((await second.status()).domains[0]!.stage).toMatchObject({ kind: 'shadow', answers: 30 });
    for (let n = 0; n < 20; n++) {
      second.observe(observation('brand new'));
      await pass(0.5);
    }
    expect(promoted).toEqual([candidateId]);
  });

  it('drops a candidate when another revision has come into force meanwhile', async () => {
    const { start, deltas, promoted, observation, pass } = open();
    const learning = start();
    for (let n = 0; n < 30; n++) learning.observe(observation(n % 2 > 0 ? 'brand new' : 'balance'));
    await pass(8);
    await deltas.promote('bank', fakeSha('by hand'));
    for (let n = 0; n < 60; n++) {
      learning.observe(observation('brand new'));
      await pass(0.5);
    }
    expect(promoted).toEqual([fakeSha('by hand')]);
    expect((await learning.status()).domains[0]!.stage.kind).not.toBe('shadow');
  });

  it('does not fit while requests run, while it is paused, or again on what was tried and kept', async () => {
    const { start, asks, observation, pass, setIdle } = open({ decision: 'keep' });
    const learning = start();
    for (let n = 0; n < 40; n++) learning.observe(observation(n % 2 > 0 ? 'transfer' : 'balance'));
    setIdle(false);
    await pass(20);
    expect(asks).toHaveLength(0);
    setIdle(true);
    await learning.pause();
    await pass(20);
    expect(asks).toHaveLength(0);
    await learning.resume();
    await pass(20);
    expect(asks).toHaveLength(1);
  });

  it('tells of a fit that fails, once, and tries it again later', async () => {
    const { start, deltas, failures, observation, pass, clock } = open();
    deltas.fit.mockRejectedValueOnce(new Error('no memory'));
    const learning = start();
    for (let n = 0; n < 40; n++) learning.observe(observation(n % 2 > 0 ? 'transfer' : 'balance'));
    await pass(60);
    expect(failures).toEqual([new Error('no memory')]);
    expect(deltas.fit).toHaveBeenCalledTimes(1);
    clock.advance(3_600_000);
    await pass(3);
    expect(deltas.fit).toHaveBeenCalledTimes(2);
  });

  it('promotes at once where nobody asks that a candidate could be tried on', async () => {
    const { start, promoted, observation, asks } = open();
    const learning = start();
    for (let n = 0; n < 10; n++) learning.observe(observation(n % 2 > 0 ? 'transfer' : 'balance'));
    const [run] = await learning.runNow(undefined, { passed: 'promote' });
    expect(run).toMatchObject({ kind: 'fitted', next: 'promoted', lessons: 10, labels: ['balance', 'transfer'] });
    expect(promoted).toEqual([candidateId]);
    expect(asks).toHaveLength(1);
  });

  it('makes a lesson of a correction, takes one back that was wrong, and distrusts who is wrong too often', async () => {
    const { start, lessons, observation, pass } = open();
    const learning = start();
    const trust = { domain: 'bank', tier: 'nano', ladderRevision: exampleCatalog().domains[0]!.ladderRevision };
    const said = { atWallMs: 1, comment: undefined };
    const taught = observation('balance');
    learning.observe(taught);
    const wrong = { ...said, requestId: taught.requestId, right: false, correction: undefined };
    expect(await learning.feedback(wrong)).toEqual({ kind: 'withdrawn' });
    expect(await lessons.list({ domain: 'bank' })).toEqual([]);
    expect(await learning.feedback({ ...wrong, correction: 'transfer' })).toEqual({
      kind: 'lesson',
      label: 'transfer',
    });
    expect(await lessons.list({ domain: 'bank' })).toMatchObject([{ label: 'transfer', source: 'correction' }]);
    expect(await learning.feedback({ ...wrong, requestId: 'nobody' })).toEqual({ kind: 'unknown' });
    expect(learning.distrusts(trust)).toBe(false);
    for (let n = 0; n < 8; n++) {
      const answered = observation('balance', { climbs: false });
      learning.observe(answered);
      await learning.feedback({ ...wrong, requestId: answered.requestId });
    }
    await pass(1);
    expect(learning.distrusts(trust)).toBe(true);
    expect((await learning.status()).domains[0]!.stage).toEqual({ kind: 'broken', tiers: ['nano'] });
  });

  it('hears feedback that another process has put into the ledger', async () => {
    const { start, ledger, observation, pass, clock } = open({ settings: { maxRisk: 0.01 } });
    const learning = start();
    const trust = { domain: 'bank', tier: 'nano', ladderRevision: exampleCatalog().domains[0]!.ladderRevision };
    for (let n = 0; n < 8; n++) {
      const answered = observation('balance', { climbs: false });
      learning.observe(answered);
      const said = { requestId: answered.requestId, right: false, correction: undefined, comment: undefined };
      await ledger.append([{ kind: 'feedback', record: { ...said, atWallMs: clock.wallMs() } }]);
    }
    await pass(3);
    expect(learning.distrusts(trust)).toBe(true);
  });

  it('loses nothing of what it saw when it is closed, and learns nothing of texts it was told to forget', async () => {
    const { start, lessons, observation } = open();
    const learning = start();
    learning.observe(observation('balance'));
    await learning.close();
    expect(await lessons.count()).toMatchObject([{ label: 'balance', lessons: 1 }]);
    expect(await lessons.forget({ domain: 'bank' })).toBe(2);
  });
});
