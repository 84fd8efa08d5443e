import { describe, expect, it } from 'vitest';
import { createFakeCatalogSource, type FakeCatalogSource } from '../../testing/fake-catalog-source.js';
import { exampleCalibration } from '../../testing/example-calibration.js';
import { exampleCatalog, fakeSha } from '../../testing/example-catalog.js';
import { feedbackEntry, outcomeEntry } from '../../testing/ledger-contract.js';
import { createMemoryLedger } from '../../testing/memory-ledger.js';
import { seededRandom } from '../../testing/seeded-random.js';
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
