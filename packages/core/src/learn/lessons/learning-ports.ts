import type { CatalogSource } from '../../ports/catalog-source.js';
import type { Clock } from '../../ports/clock.js';
import type { Ledger } from '../../ports/ledger.js';
import type { LessonStore } from '../../ports/lesson-store.js';
import type { Random } from '../../ports/random.js';
import type { RevisionStore } from '../../ports/revision-store.js';
import type { Deltas } from '../deltas.js';
import type { Workshop } from '../workshop.js';
import type { LearningSettings } from './learning-settings.js';

/** What learning takes of a host. */
export interface LearningPorts {
  readonly lessons: LessonStore;
  readonly ledger: Pick<Ledger, 'review' | 'outcome' | 'feedback'>;
  /** Loaded when the first fit is due. */
  readonly deltas: () => Promise<Pick<Deltas, 'fit' | 'promote' | 'revisions'>>;
  readonly revisions: () => Promise<Pick<RevisionStore, 'calibration'>>;
  /** Of the runtime that tells it what it answered. */
  readonly workshop: () => Workshop;
  readonly catalog: CatalogSource;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings?: Partial<LearningSettings> | undefined;
  /** Told when something failed in the background. */
  readonly onFailure: (error: unknown) => void;
}
