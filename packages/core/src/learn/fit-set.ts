import type { LabelTraffic } from '../calibrate/traffic-weights.js';
import type { LabelledText } from '../delta/gate/data-report.js';
import type { FitProgress } from './deltas.js';
import type { StoredDtype } from './pack-delta.js';

/** The rows of a fit, after the gate. */
export interface FitSet {
  readonly domain: string;
  /** What the head is fitted on. */
  readonly rows: readonly LabelledText[];
  /** One a row. */
  readonly weights: Float32Array<ArrayBuffer> | undefined;
  /** What the fit does not see; empty where predictions are made out of fold. */
  readonly heldOut: readonly LabelledText[];
  /** Whether the rows that are held out were drawn from the others here, and not given by whoever asks. */
  readonly isDrawn: boolean;
  /** How often requests asked for each label, where that is known. */
  readonly traffic: readonly LabelTraffic[] | undefined;
  readonly fingerprint: string;
  readonly seed: number;
  readonly outOfScopeLabel: string | undefined;
  readonly subDomains: Readonly<Record<string, readonly string[]>> | undefined;
  readonly dtype: StoredDtype;
}

/** Rows that are predicted by fits without them. */
export const judgedRows = ({ rows, heldOut }: Pick<FitSet, 'rows' | 'heldOut'>): readonly LabelledText[] =>
  heldOut.length > 0 ? heldOut : rows;

/** Rows that the judged ones were drawn from without regard to the label. */
export const drawnFrom = (set: FitSet): readonly LabelledText[] =>
  set.isDrawn ? [...set.rows, ...set.heldOut] : judgedRows(set);

export interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
}
