import type { CalibrationInput } from '../calibrate/fit-calibration.js';
import type { Calibration } from '../catalog/calibration.js';
import type { Catalog } from '../catalog/schema.js';
import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import { seededRandom } from '../evaluate/seeded-random.js';
import type { DeltasPorts } from '../learn/deltas-ports.js';
import type { StartHash } from '../ports/running-hash.js';
import { exampleLadder } from './example-calibration.js';
import { exampleCatalog, exampleModel } from './example-catalog.js';
import { createFakeCatalogSource, type FakeCatalogSource } from './fake-catalog-source.js';
import { createFakeClock, type FakeClock } from './fake-clock.js';
import { createFakeEngine, type FakeEngine } from './fake-engine.js';
import { createFakeFitter, type FakeFitter } from './fake-fitter.js';
import { createFakeStore, type FakeStore } from './fake-store.js';
import { createFakeWorkshop, type FakeWorkshop } from './fake-workshop.js';
import { createMemoryFeatures } from './memory-features.js';
import { createMemoryRevisions, type MemoryRevisions } from './memory-revisions.js';
import { normal } from './synthetic-rows.js';

/** Features of the fake models. */
const FEATURES = 8;

export interface FakeDeltasPorts extends DeltasPorts {
  readonly catalog: FakeCatalogSource;
  readonly clock: FakeClock;
  readonly engine: FakeEngine;
  readonly fitter: FakeFitter;
  readonly revisions: MemoryRevisions;
  readonly store: FakeStore;
  readonly workshop: FakeWorkshop;
}

/**
 * Everything that the life of deltas takes, without a machine: `nano` and `base` see the first word of a text, `base`
 * more clearly. No domain has deltas yet.
 */
export function createFakeDeltasPorts({
  startHash,
  catalog = emptyCatalog(),
}: {
  readonly startHash: StartHash;
  readonly catalog?: Catalog;
}): FakeDeltasPorts {
  const clock: FakeClock = { ...createFakeClock(), sleep: async () => undefined };
  const source = createFakeCatalogSource(catalog);
  const store = createFakeStore();
  const engine = createFakeEngine({
    models: {
      nano: { features: (text) => clusterOf(text, 0.4) },
      base: { features: (text) => clusterOf(text, 0.22) },
    },
    clock,
  });
  const revisions = createMemoryRevisions({ source, clock, startHash });
  return {
    catalog: source,
    clock,
    engine,
    fitter: createFakeFitter(),
    revisions,
    store,
    workshop: createFakeWorkshop({ catalog, engine, store }),
    calibrate: async (input) => calibrationOf(input),
    features: createMemoryFeatures(),
    async readFile({ location, sha256 }) {
      const bytes = revisions.contents.get(sha256);
      if (bytes) return bytes;
      throw new ArtifactMissingError({ message: `${location} was never kept.`, hint: 'Keep a revision first.' });
    },
    startHash,
    release: 'test',
  };
}

/** Made up, as a real one takes its time; the largest model alone is the most accurate. */
const calibrationOf = ({ domain, fingerprint, rows, tiers }: CalibrationInput): Calibration => {
  const accepted = rows.truth.length;
  const grid = [{ coverage: 1, threshold: 0, accepted, wrong: 0 }];
  return {
    format: 1,
    domain,
    data: { fingerprint, rows: accepted, outOfScopeRows: 0 },
    tiers: Object.fromEntries(
      tiers.map(({ id, variant, delta }) => [id, { variant, ...(delta !== undefined && { delta }) }]),
    ),
    ladders: tiers.map(({ id }, i) =>
      exampleLadder([id], { grid, operating: { accuracy: 0.8 + 0.1 * i, calls: [1] } }),
    ),
  };
};

const emptyCatalog = (): Catalog => ({
  ...exampleCatalog({
    models: [
      exampleModel({ id: 'nano', layers: 0, hidden: FEATURES, features: FEATURES, flopsPerToken: 256 }),
      exampleModel({ id: 'base', hidden: FEATURES, features: FEATURES }),
    ],
    deltas: [],
  }),
  domains: [],
});

/** A place around the centre of the first word: the same text is always at the same place. */
function clusterOf(text: string, spread: number): number[] {
  const [word = ''] = text.split(' ');
  const centre = seededRandom(hashOf(word));
  const around = seededRandom(hashOf(text));
  return Array.from({ length: FEATURES }, () => normal(centre) / Math.sqrt(FEATURES) + spread * normal(around));
}

const hashOf = (text: string): number =>
  [...text].reduce((hash, char) => Math.imul(hash ^ char.codePointAt(0)!, 0x01000193) >>> 0, 0x811c9dc5);
