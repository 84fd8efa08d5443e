import { describe, expect, it } from 'vitest';
import { createFakeCatalogSource, type FakeCatalogSource } from '../../testing/fake-catalog-source.js';
import { exampleCalibration, exampleLadder } from '../../testing/example-calibration.js';
import { exampleCatalog, fakeSha } from '../../testing/example-catalog.js';
import { feedbackEntry, outcomeEntry } from '../../testing/ledger-contract.js';
import { exampleTwin } from '../../testing/example-endpoint.js';
import { createMemoryLedger } from '../../testing/memory-ledger.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { createEars } from './ears.js';
import { createDriftWatch, type DriftWatch, type WatchedAnswer } from './drift-watch.js';

const catalog = exampleCatalog();
const inForce = catalog.domains[0]!.ladderRevision;
const ask = { domain: 'bank', tier: 'nano', ladderRevision: inForce };
const answer = (right: boolean, n: number, changes: Partial<WatchedAnswer> = {}): WatchedAnswer => ({
  ...ask,
  requestId: `r${n}`,
  confidence: 0.95,
  right,
  ...changes,
});

function open({
  maxRisk,
  ledger = createMemoryLedger(),
}: { maxRisk?: number; ledger?: ReturnType<typeof createMemoryLedger> } = {}) {
  const source: FakeCatalogSource = createFakeCatalogSource(catalog, exampleCalibration(catalog));
  return { source, ledger, watch: createDriftWatch({ ledger, catalog: source, maxRisk }) };
}

async function addAll(
  watch: DriftWatch,
  rights: readonly boolean[],
  changes: Partial<WatchedAnswer> = {},
): Promise<void> {
  for (const [n, right] of rights.entries()) await watch.add(answer(right, n, changes));
}

describe('a drift watch', () => {
  it('distrusts a tier that is wrong more often than the domain was at its operating point, and no other', async () => {
    const { watch } = open();
    await addAll(
      watch,
      Array.from({ length: 60 }, (_, n) => n % 3 > 0),
    );
    expect(watch.distrusts(ask)).toBe(true);
    expect(watch.distrusts({ ...ask, tier: 'base' })).toBe(false);
    expect(watch.distrusts({ ...ask, domain: 'travel' })).toBe(false);
    expect(watch.broken('bank')).toEqual(['nano']);
  });

  it('holds tiers that the calibration does not know to their confidences', async () => {
    const { watch } = open();
    await addAll(
      watch,
      Array.from({ length: 60 }, (_, n) => n % 3 > 0),
      { tier: 'site', confidence: 0.6 },
    );
    expect(watch.distrusts({ ...ask, tier: 'site' })).toBe(false);
    await addAll(
      watch,
      Array.from({ length: 60 }, (_, n) => n % 3 > 0),
      { tier: 'cloud', confidence: 0.99 },
    );
    expect(watch.distrusts({ ...ask, tier: 'cloud' })).toBe(true);
  });

  it('goes on distrusting until another ladder revision is in force', async () => {
    const { watch, source } = open({ maxRisk: 0.02 });
    await addAll(
      watch,
      Array.from({ length: 40 }, () => false),
    );
    await addAll(
      watch,
      Array.from({ length: 300 }, () => true),
    );
    expect(watch.distrusts(ask)).toBe(true);
    const ladderRevision = fakeSha('another');
    const domains = catalog.domains.map((domain) => ({ ...domain, ladderRevision }));
    source.replace({ ...catalog, domains }, exampleCalibration(catalog));
    expect(watch.broken('bank')).toEqual([]);
    await watch.add(answer(false, 1));
    await watch.add(answer(true, 2, { ladderRevision }));
    expect(watch.distrusts({ ...ask, ladderRevision })).toBe(false);
  });

  it('does not judge a tier by a handful of answers', async () => {
    const { watch } = open({ maxRisk: 0.02 });
    await addAll(watch, [false, false, false, false, false, false, false]);
    expect(watch.distrusts(ask)).toBe(false);
    await watch.add(answer(false, 7));
    expect(watch.distrusts(ask)).toBe(true);
  });

  it('counts one request once, with the last word on it', async () => {
    const { watch } = open({ maxRisk: 0.02 });
    for (let n = 0; n < 100; n++) await watch.add(answer(false, 1));
    expect(watch.distrusts(ask)).toBe(false);
  });

  it('knows after a restart what the ledger holds of the revision in force', async () => {
    const ledger = createMemoryLedger();
    for (let n = 0; n < 30; n++) {
      const requestId = `r${n}`;
      const of = { requestId, domain: 'bank', tier: 'nano', path: 'nano', verdict: 'accept' as const };
      await ledger.append([
        outcomeEntry({ ...of, ladderRevision: inForce }),
        outcomeEntry({ ...of, requestId: `old ${n}`, tier: 'base', ladderRevision: fakeSha('old') }),
        feedbackEntry({ requestId, right: false }),
        feedbackEntry({ requestId: `old ${n}`, right: false }),
      ]);
    }
    const { watch } = open({ ledger });
    await watch.load();
    expect(watch.broken('bank')).toEqual(['nano']);
    expect(watch.distrusts({ ...ask, tier: 'base', ladderRevision: fakeSha('old') })).toBe(false);
  });

  it('blames no tier for answers that were given again from the cache', async () => {
    const ledger = createMemoryLedger();
    const cache = { kind: 'semantic', savedUsd: 0, savedTokens: 9, savedMs: 5 } as const;
    const of = { domain: 'bank', tier: 'nano', path: 'nano', verdict: 'accept', ladderRevision: inForce } as const;
    for (let n = 0; n < 30; n++) {
      const requestId = `r${n}`;
      await ledger.append([outcomeEntry({ ...of, requestId, cache }), feedbackEntry({ requestId, right: false })]);
    }
    const { watch } = open({ ledger });
    await watch.load();
    const ears = createEars({ ledger, watch, sinceWallMs: 0 });
    await ears.catchUp();
    expect(watch.broken('bank')).toEqual([]);
  });

  it('trusts a tier that is just as good as its bound, whenever somebody looks', async () => {
    const random = seededRandom(5);
    let alarms = 0;
    for (let run = 0; run < 4; run++) {
      const { watch } = open({ maxRisk: 0.05 });
      await addAll(
        watch,
        Array.from({ length: 500 }, () => random() >= 0.05),
      );
      alarms += Number(watch.distrusts(ask));
    }
    expect(alarms).toBe(0);
  });
});

/** `base` gets the hard fifth: the ladder was right on 95 of 100 rows, and `base` on 80 of 100 that it was asked. */
const LADDER = exampleLadder(['nano', 'base'], { operating: { accuracy: 0.95, calls: [1, 0.2] } });
const CALIBRATED = { nano: 0.0125, base: 0.2 };

interface Population {
  /** Of the answers, what `base` gives. */
  readonly share?: number;
  /** Shares of each tier's answers that are wrong; the confidences stay as they were calibrated. */
  readonly wrong: Readonly<Record<'nano' | 'base', number>>;
}

/** A domain with that ladder. */
function openLadder({ maxRisk, seed = 1 }: { maxRisk?: number; seed?: number } = {}) {
  const source = createFakeCatalogSource(catalog, exampleCalibration(catalog, [LADDER]));
  const watch = createDriftWatch({ ledger: createMemoryLedger(), catalog: source, maxRisk });
  const random = seededRandom(seed);
  let n = 0;
  /** Judges so many answers, or until a tier breaks. @returns how many it were */
  const judge = async (most: number, { share = 0.2, wrong }: Population): Promise<number> => {
    const before = watch.broken('bank').length;
    for (let judged = 1; judged <= most; judged++) {
      const tier = random() < share ? 'base' : 'nano';
      const right = random() >= wrong[tier];
      await watch.add(answer(right, n++, { tier, confidence: 1 - CALIBRATED[tier] }));
      if (watch.broken('bank').length > before) return judged;
    }
    return Infinity;
  };
  return { watch, judge };
}

describe('a drift watch over a ladder', () => {
  it('trusts a tier that gets the hard requests only, and is wrong on them as often as it says', async () => {
    const { watch, judge } = openLadder();
    await judge(500, { wrong: CALIBRATED });
    expect(watch.broken('bank')).toEqual([]);
  });

  it('trusts a ladder that is just as good as its bound, of which one tier is far above it', async () => {
    const wrong = { nano: 0.0375, base: 0.25 };
    const runs = [1, 2, 3].map((seed) => openLadder({ maxRisk: 0.08, seed }).judge(300, { wrong }));
    expect(await Promise.all(runs)).toEqual(runs.map(() => Infinity));
  });

  it('notices a tier that decays where the ladder keeps its bound all the same', async () => {
    const { watch, judge } = openLadder({ maxRisk: 0.1 });
    await judge(100, { share: 0.05, wrong: CALIBRATED });
    await judge(1000, { share: 0.05, wrong: { ...CALIBRATED, base: 0.8 } });
    expect(watch.broken('bank')).toEqual(['base']);
  });

  it('notices a ladder that breaks its bound, by the tier that is not what it was', async () => {
    const { watch, judge } = openLadder();
    await judge(200, { wrong: CALIBRATED });
    const noticed = await judge(1000, { wrong: { ...CALIBRATED, nano: 0.15 } });
    expect(watch.broken('bank')).toEqual(['nano']);
    expect(noticed).toBeLessThan(300);
  });

  it('notices that more requests are hard than the bound allows for, though every tier is as good as it says', async () => {
    const { watch, judge } = openLadder();
    await judge(1000, { share: 0.7, wrong: CALIBRATED });
    expect(watch.broken('bank')).toHaveLength(1);
  });

  it('does not blame a tier for the hard requests it got before another one broke', async () => {
    const { watch, judge } = openLadder();
    await judge(1000, { wrong: { ...CALIBRATED, nano: 0.3 } });
    await judge(200, { share: 1, wrong: { nano: 0, base: 0.04 } });
    expect(watch.broken('bank')).toEqual(['nano']);
  });

  it('counts what an endpoint computes as answers of the model that it computes', async () => {
    const { watch, source } = open();
    source.replace({ ...catalog, endpoints: [exampleTwin()] }, exampleCalibration(catalog, [LADDER]));
    const rights = Array.from({ length: 100 }, (_, n) => n % 5 > 0);
    await addAll(watch, rights, { tier: exampleTwin().id, confidence: 0.8 });
    expect(watch.broken('bank')).toEqual([exampleTwin().id]);
  });
});
