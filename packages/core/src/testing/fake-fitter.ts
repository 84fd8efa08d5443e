import type { FittedFactors, FittedHead, Fitter, HeadJob } from '../delta/fit/fitter.js';
import type { Head } from '../delta/fit/head.js';
import type { Matrix } from '../ports/mat-mul.js';

const FOLDS = 5;
/** Blocks of rows, as rows of tests take their labels in turn. */
const foldOf = (row: number): number => Math.floor(row / 7) % FOLDS;
/** How sure it is of the nearest centre. */
const SHARPNESS = 8;

export interface FakeFitter extends Fitter {
  /** What it was asked, in order. */
  readonly jobs: HeadJob[];
  /** What `fitFactors` answers; nothing pays without it. */
  factors: FittedFactors | undefined;
}

/** Heads by nearest centre: good enough for clusters, and done at once. */
export function createFakeFitter(): FakeFitter {
  const jobs: HeadJob[] = [];
  return {
    jobs,
    factors: undefined,
    async fitHead(job, { signal, onProgress } = {}): Promise<FittedHead> {
      signal?.throwIfAborted();
      jobs.push(job);
      onProgress?.({ done: 1, total: 1 });
      const all = [...job.truth.keys()];
      return {
        head: centres(job, all),
        method: job.current ? 'incremental' : 'logistic',
        penalty: 1,
        priorStrength: 0,
        outOfFold: job.crossValidate ? outOfFold(job, all) : undefined,
      };
    },
    async fitFactors(_, { signal } = {}) {
      signal?.throwIfAborted();
      return this.factors;
    },
    close: async () => undefined,
  };
}

/** score = 2 x . c - |c|^2, which is largest for the nearest centre. */
function centres({ features, truth, labels, current }: HeadJob, rows: readonly number[]): Head {
  const { columns, data } = features;
  const weight = new Float32Array(labels.length * columns);
  const bias = new Float32Array(labels.length).fill(-1e3);
  for (const [label, name] of labels.entries()) {
    const own = rows.filter((row) => truth[row] === label);
    const known = current?.labels.indexOf(name) ?? -1;
    const centre = new Float32Array(columns);
    for (const row of own) for (let i = 0; i < columns; i++) centre[i]! += data[row * columns + i]! / own.length;
    const at = label * columns;
    if (own.length > 0) {
      weight.set(
        centre.map((value) => 2 * SHARPNESS * value),
        at,
      );
      bias[label] = -SHARPNESS * centre.reduce((sum, value) => sum + value * value, 0);
    } else if (current && known !== -1) {
      weight.set(current.weight.subarray(known * columns, (known + 1) * columns), at);
      bias[label] = current.bias[known]!;
    }
  }
  return { labels, weight, bias };
}

function outOfFold(job: HeadJob, rows: readonly number[]): Matrix {
  const { columns, data } = job.features;
  const labels = job.labels.length;
  const logits = new Float32Array(rows.length * labels);
  for (let fold = 0; fold < FOLDS; fold++) {
    const { weight, bias } = centres(
      job,
      rows.filter((row) => foldOf(row) !== fold),
    );
    for (const row of rows.filter((each) => foldOf(each) === fold))
      for (let label = 0; label < labels; label++) {
        let sum = bias[label]!;
        for (let i = 0; i < columns; i++) sum += data[row * columns + i]! * weight[label * columns + i]!;
        logits[row * labels + label] = sum;
      }
  }
  return { rows: rows.length, columns: labels, data: logits };
}
