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
  readonly fingerprint: string;
  readonly seed: number;
  readonly outOfScopeLabel: string | undefined;
  readonly subDomains: Readonly<Record<string, readonly string[]>> | undefined;
  readonly dtype: StoredDtype;
}

/** Rows that are predicted by fits without them. */
export const judgedRows = ({ rows, heldOut }: Pick<FitSet, 'rows' | 'heldOut'>): readonly LabelledText[] =>
  heldOut.length > 0 ? heldOut : rows;

export interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
}
