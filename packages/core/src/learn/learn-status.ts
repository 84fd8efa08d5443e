import type { Calibration } from '../catalog/calibration.js';
import type { LessonSource } from '../ports/lesson-store.js';

/** What was learnt in one domain, and what it saved. */
export interface LearntDomain {
  readonly domain: string;
  /** Since the last promotion, by who said so. */
  readonly waiting: Readonly<Record<LessonSource, number>>;
  readonly stage:
    | { readonly kind: 'gathering'; readonly wanted: number }
    | { readonly kind: 'fitting' }
    /** A candidate answers beside what is in force, and nobody hears it. */
    | {
        readonly kind: 'shadow';
        readonly revision: string;
        readonly answers: number;
        readonly agreed: number;
        readonly wanted: number;
      }
    | { readonly kind: 'broken'; readonly tiers: readonly string[] };
  /** What the certificates in force rest on, where that are rows that have labels as often as they are asked for. */
  readonly calibrated?: Pick<Calibration['data'], 'rows' | 'traffic'> | undefined;
  /** Newest first. */
  readonly promotions: readonly {
    readonly revision: string;
    readonly atWallMs: number;
    readonly lessons: number;
    /** Share of requests of the labels it learnt that climbed, before and since; undefined without requests. */
    readonly climbedBefore: number | undefined;
    readonly climbedSince: number | undefined;
  }[];
}

export interface LearnStatus {
  readonly paused: boolean;
  readonly domains: readonly LearntDomain[];
}
