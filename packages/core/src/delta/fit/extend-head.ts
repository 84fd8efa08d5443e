import { seededRandom } from '../../evaluate/seeded-random.js';
import type { MatMul, Matrix } from '../../ports/mat-mul.js';
import { headOf } from './centring.js';
import { extensionOf, type Extension, type ExtensionJob } from './extension.js';
import { FitWatch } from './fit-watch.js';
import type { FittedHead, FitterOptions } from './fitter.js';
import { stackMatrices, type FitRows } from './folds.js';
import type { Head } from './head.js';
import { fitLogistic } from './logistic.js';
import { OUT_OF_FOLD_FITS, predictOutOfFold } from './out-of-fold.js';
import { readinessOf, withReadiness } from './readiness.js';

/** As few rows of a label as call for an extension choose no settings: these do well for 5 and 10 of them. */
const PENALTY = 1 / 30;
const PRIOR_STRENGTH = 10;
const TOLERANCE = 3e-4;
const LIMIT = 60;

/**
 * New labels beside old ones whose rows are not there any more. Columns of labels without rows stay bit by bit; those of
 * old labels with rows keep their bias. New columns are fitted against the logits of all others, with the names of old
 * labels, and where their columns point to, as examples of them. How ready new labels are to answer is set afterwards,
 * by rows that the fit has not seen.
 * @throws EngineError, the signal's reason
 */
export async function extendHead(
  job: ExtensionJob,
  { matMul, signal, onProgress }: FitterOptions & { readonly matMul: MatMul },
): Promise<FittedHead> {
  const extension = extensionOf(job, PRIOR_STRENGTH);
  const { rows, standIns, start, fixed } = extension;
  const fitted = rows.truth.length + standIns.truth.length;
  const watch = new FitWatch({ signal, onProgress, total: (1 + OUT_OF_FOLD_FITS) * LIMIT * fitted });
  const fit = async (some: FitRows): Promise<Matrix> => {
    const training = stacked(some, standIns);
    const features = matMul.hold(training.features);
    const part = watch.part(training.truth.length, LIMIT);
    try {
      return await fitLogistic(
        { ...training, features, prior: start, fixed, penalty: PENALTY, tolerance: TOLERANCE, part },
        matMul,
      );
    } finally {
      features.letGo();
    }
  };
  const parameters = await fit(rows);
  const random = seededRandom(job.seed);
  const outOfFold = await predictOutOfFold({ rows, labels: job.labels.length, fit, random }, matMul);
  const ofStandIns = await matMul.multiply(standIns.features, parameters, 'second');
  const readiness = readinessOf(extension, outOfFold, ofStandIns);
  return {
    head: extendedHead(extension, job, parameters, readiness),
    method: 'incremental',
    penalty: PENALTY,
    priorStrength: PRIOR_STRENGTH,
    outOfFold: job.crossValidate ? withReadiness(outOfFold, extension, readiness) : undefined,
  };
}

function stacked(rows: FitRows, below: FitRows): FitRows {
  const weights = new Float32Array(rows.truth.length + below.truth.length).fill(1);
  if (rows.weights) weights.set(rows.weights);
  if (below.weights) weights.set(below.weights, rows.truth.length);
  return {
    features: stackMatrices(rows.features, below.features),
    truth: Int32Array.from([...rows.truth, ...below.truth]),
    weights,
  };
}

function extendedHead(
  { known, centring, rows }: Extension,
  { labels, current }: ExtensionJob,
  parameters: Matrix,
  readiness: number,
): Head {
  const { weight, bias } = headOf(parameters, labels, centring);
  const columns = parameters.columns - 1;
  const withRows = new Set(rows.truth);
  for (const [label, column] of known.entries())
    if (column === undefined) bias[label]! += readiness;
    else if (!withRows.has(label)) {
      weight.set(current.weight.subarray(column * columns, (column + 1) * columns), label * columns);
      bias[label] = current.bias[column]!;
    }
  return { labels, weight, bias };
}
