import type { Calibration } from '../catalog/calibration.js';
import type { Catalog } from '../catalog/schema.js';
import type { Ledger, LedgerEntry } from '../ports/ledger.js';
import type { Random } from '../ports/random.js';
import type { DeviceProfile } from '../profile/device-profile.js';
import type { RemoteModule } from '../remote/open-remotes.js';
import { exampleCalibration } from './example-calibration.js';
import { exampleCatalog } from './example-catalog.js';
import { createFakeCatalogSource, type FakeCatalogSource } from './fake-catalog-source.js';
import { createFakeClock, type FakeClock } from './fake-clock.js';
import { createFakeEngine, type FakeEngine, type FakeModel } from './fake-engine.js';
import { createFakeProbe, type FakeProbe } from './fake-probe.js';
import { createFakeStore, type FakeStore } from './fake-store.js';
import { createMemoryLedger } from './memory-ledger.js';
import { seededRandom } from './seeded-random.js';

/** Everything `createRuntime` needs, with what a test wants to see or to change. */
export interface FakePorts {
  readonly catalog: FakeCatalogSource;
  readonly probe: FakeProbe;
  readonly store: FakeStore;
  readonly engine: FakeEngine;
  readonly ledger: Ledger;
  readonly clock: FakeClock;
  readonly random: Random;
  readonly loadRemote: () => Promise<RemoteModule>;
  readonly onFailure: (error: unknown) => void;
  /** What was appended to the ledger, in order. */
  readonly entries: LedgerEntry[];
  /** What no request could report. */
  readonly failures: unknown[];
}

/**
 * A host without a machine: `nano` below `base` in the domain `bank`, calibrated.
 * @param calibration `none` for a catalog without any
 */
export function createFakePorts({
  catalog = exampleCatalog(),
  calibration = exampleCalibration(catalog),
  models = { nano: {}, base: {} },
  profile,
}: {
  readonly catalog?: Catalog;
  readonly calibration?: Calibration | 'none';
  readonly models?: Record<string, FakeModel>;
  readonly profile?: DeviceProfile;
} = {}): FakePorts {
  const clock = createFakeClock();
  const entries: LedgerEntry[] = [];
  const failures: unknown[] = [];
  const memory = createMemoryLedger();
  const ledger: Ledger = {
    ...memory,
    async append(added) {
      await memory.append(added);
      entries.push(...added);
    },
  };
  return {
    catalog: createFakeCatalogSource(catalog, calibration === 'none' ? undefined : calibration),
    probe: createFakeProbe(profile),
    store: createFakeStore(),
    engine: createFakeEngine({ models, clock }),
    ledger,
    clock,
    random: seededRandom(1),
    loadRemote: () => import('../remote/open-remotes.js'),
    onFailure: (error) => failures.push(error),
    entries,
    failures,
  };
}

/** Logits of a model that gives `label` this probability and shares the rest among the others. */
export function scoresFor(label: string, probability: number, labels: readonly string[]): number[] {
  return labels.map((each) => Math.log(each === label ? probability : (1 - probability) / (labels.length - 1)));
}
