import type { CalibrationInput } from '../calibrate/fit-calibration.js';
import type { Calibration } from '../catalog/calibration.js';
import type { Fitter } from '../delta/fit/fitter.js';
import type { CatalogSource } from '../ports/catalog-source.js';
import type { Clock } from '../ports/clock.js';
import type { FeatureCache } from '../ports/feature-cache.js';
import type { LocatedFile, ModelStore } from '../ports/model-store.js';
import type { RevisionStore } from '../ports/revision-store.js';
import type { StartHash } from '../ports/running-hash.js';
import type { Workshop } from './workshop.js';

/** What the life of deltas takes of a host. */
export interface DeltasPorts {
  /** Of the runtime whose requests the fits step aside for. */
  readonly workshop: Workshop;
  readonly revisions: RevisionStore;
  readonly fitter: Fitter;
  /** `fitCalibration`, for which a host should have another thread: it takes seconds. @throws the signal's reason */
  readonly calibrate: (input: CalibrationInput, signal?: AbortSignal) => Promise<Calibration>;
  readonly features: FeatureCache;
  readonly catalog: CatalogSource;
  readonly store: ModelStore;
  /** A located file whole, its sha256 checked. @throws ArtifactMissingError, ArtifactCorruptError */
  readonly readFile: (file: LocatedFile) => Promise<Uint8Array<ArrayBuffer>>;
  readonly clock: Clock;
  readonly startHash: StartHash;
  /** The release, as deltas name what made them. */
  readonly release: string;
}
