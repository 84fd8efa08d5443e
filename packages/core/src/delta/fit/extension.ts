import type { Matrix } from '../../ports/mat-mul.js';
import { centred, centringOf, parametersOf, type Centring } from './centring.js';
import type { HeadJob } from './fitter.js';
import { pickMatrix, stackMatrices, type FitRows } from './folds.js';
import type { Head } from './head.js';
import { namePrior, scaled } from './name-prior.js';

export type ExtensionJob = HeadJob & { readonly current: Head; readonly labelFeatures: Matrix };

/** Whether the current head knows a label that has no rows. */
export function isExtension(job: HeadJob): job is ExtensionJob {
  const { labels, truth, current, labelFeatures } = job;
  if (!labelFeatures) return false;
  const withRows = new Set(Array.from(truth, (label) => labels[label]));
  return current?.labels.some((label) => !withRows.has(label)) ?? false;
}

/** A name is less like a request than a request is. */
const NAME_WEIGHT = 0.3;

/** What an extension is fitted to, and where it starts. */
export interface Extension {
  /** Of each label: its column in the current head; undefined for a new one. */
  readonly known: readonly (number | undefined)[];
  readonly centring: Centring;
  readonly rows: FitRows;
  /** What stands for the rows of labels that have none: their names, and where their columns point to. */
  readonly standIns: FitRows;
  /** [labels, features + 1] */
  readonly start: Matrix;
  /** [labels, features + 1]: 1 where a parameter stays */
  readonly fixed: Uint8Array;
}

/** @param priorStrength of new labels */
export function extensionOf(job: ExtensionJob, priorStrength: number): Extension {
  const { labels, current, features, labelFeatures, truth, weights } = job;
  const columns = new Map(current.labels.map((label, column) => [label, column] as const));
  const known = labels.map((label) => columns.get(label));
  const centring = centringOf(stackMatrices(features, labelFeatures));
  const old = parametersOf(current, centring);
  const prior = scaled(namePrior(labelFeatures), priorStrength);
  const width = old.columns;
  const withRows = new Set(truth);
  const data = new Float32Array(labels.length * width);
  const fixed = new Uint8Array(data.length);
  for (const [label, column] of known.entries()) {
    const from = label * width;
    if (column === undefined) {
      data.set(prior.data.subarray(from, from + width), from);
      continue;
    }
    data.set(old.data.subarray(column * width, (column + 1) * width), from);
    // Rows of a few labels say nothing of how frequent a label is among all.
    fixed.fill(1, withRows.has(label) ? from + width - 1 : from, from + width);
  }
  const start = { rows: labels.length, columns: width, data };
  const rows = { features: centred(features, centring), truth, weights };
  const without = [...labels.keys()].filter((label) => !withRows.has(label));
  const names = pickMatrix(centred(labelFeatures, centring), without);
  const centres = centresOf(pickMatrix(start, without), radiusOf(rows.features), centring);
  const count = without.length;
  return {
    known,
    centring,
    rows,
    standIns: {
      features: stackMatrices(names, centres),
      truth: Int32Array.from([...without, ...without]),
      weights: new Float32Array(2 * count).fill(1).fill(NAME_WEIGHT, 0, count),
    },
    start,
    fixed,
  };
}

/** Of centred rows, without the constant. */
function radiusOf({ rows, columns, data }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) sum += Math.hypot(...data.subarray(i * columns, (i + 1) * columns - 1)) / rows;
  return sum;
}

/** Where rows of a label were, as far as its column tells: as far out as rows are, in its direction. */
function centresOf({ rows, columns, data }: Matrix, radius: number, { constant }: Centring): Matrix {
  const out = new Float32Array(data);
  for (let i = 0; i < rows; i++) {
    const row = out.subarray(i * columns, (i + 1) * columns - 1);
    const length = Math.hypot(...row) || 1;
    for (let j = 0; j < row.length; j++) row[j]! *= radius / length;
    out[(i + 1) * columns - 1] = constant;
  }
  return { rows, columns, data: out };
}
