import type { MatMul, Matrix } from '../../ports/mat-mul.js';
import type { Random } from '../../ports/random.js';
import type { FitWatch } from './fit-watch.js';
import { pickFitRows, splitRows, stratifiedFolds, type FitRows } from './folds.js';
import { fitLogistic } from './logistic.js';
import { scaled } from './name-prior.js';
import { bestTemperature, rowLosses } from './softmax.js';

/** What cross-validation decides. */
export interface HeadSettings {
  /** The inverse of scikit-learn's `C`. */
  readonly penalty: number;
  /** How long the weights are that label names alone would have. */
  readonly priorStrength: number;
}

interface SettingsAsk {
  readonly rows: FitRows;
  /** Of the label names, at length 1; [labels, features + 1] */
  readonly names: Matrix;
  readonly strengths: readonly number[];
  readonly random: Random;
}

/** Four steps a decade, from the largest down, so that each fit begins where the last one ended. */
const PENALTIES = [1 / 3.2, 1 / 5.6, 1 / 10, 1 / 18, 1 / 32, 1 / 56, 1 / 100] as const;
const STRENGTHS = [10, 5, 0] as const;
/** From so many rows a label on, its name adds nothing to them (measured on CLINC150 and banking77). */
const ROWS_BEYOND_NAMES = 50;
const MOST_ROWS = 3000;
const FOLDS = 5;
/** Multiplications of one evaluation over all folds that are tried: a second or two for the lot. */
const WORK = 2e8;
/** Rough: settings are compared, not served. */
const TOLERANCE = 1e-3;
const LIMIT = 25;

/** @param named whether there are features of the label names */
export function strengthsFor({ truth }: Pick<FitRows, 'truth'>, labels: number, named: boolean): readonly number[] {
  return named && truth.length < ROWS_BEYOND_NAMES * labels ? STRENGTHS : [0];
}

/** Rows times evaluations that a choice may take. */
export function workOfChoice(rows: number, shape: Matrix, strengths: readonly number[]): number {
  const { sample, folds } = planOf(rows, shape);
  return strengths.length * PENALTIES.length * LIMIT * folds * sample;
}

/**
 * Penalty and strength of the prior by stratified cross-validation. They are compared by the log-loss at the best
 * temperature of each, for confidences are calibrated afterwards, and small sets tie by accuracy. Under the
 * best prior the largest penalty is taken that is within a standard error of the best: near-duplicates across folds make
 * small ones look better than they are.
 * @see Hastie, Tibshirani and Friedman, The Elements of Statistical Learning (2009), 7.10
 */
export async function chooseSettings(ask: SettingsAsk, watch: FitWatch, matMul: MatMul): Promise<HeadSettings> {
  const { names, strengths, random } = ask;
  const plan = planOf(ask.rows.truth.length, names);
  const parts = Math.ceil(ask.rows.truth.length / plan.sample);
  const drawn = stratifiedFolds({ truth: ask.rows.truth, folds: parts, random });
  const rows = pickFitRows(ask.rows, splitRows(drawn, 0).inside);
  const fold = stratifiedFolds({ truth: rows.truth, folds: FOLDS, random });
  const settings = strengths.flatMap((priorStrength) => PENALTIES.map((penalty) => ({ penalty, priorStrength })));
  const logits: Matrix[][] = settings.map(() => []);
  const held: FitRows[] = [];
  for (let each = 0; each < plan.folds; each++) {
    const { inside, outside } = splitRows(fold, each);
    if (inside.length === 0) continue;
    held.push(pickFitRows(rows, inside));
    const training = pickFitRows(rows, outside);
    const features = matMul.hold(training.features);
    let start: Matrix | undefined;
    try {
      for (const [i, { penalty, priorStrength }] of settings.entries()) {
        if (i % PENALTIES.length === 0) start = undefined;
        const part = watch.part(outside.length, LIMIT);
        const prior = scaled(names, priorStrength);
        start = await fitLogistic({ ...training, features, prior, start, penalty, tolerance: TOLERANCE, part }, matMul);
        logits[i]!.push(await matMul.multiply(held.at(-1)!.features, start, 'second'));
      }
    } finally {
      features.letGo();
    }
  }
  return oneStandardError(
    settings,
    logits.map((each) => lossesOf(each, held)),
  );
}

function planOf(rows: number, { rows: labels, columns }: Matrix): { readonly sample: number; readonly folds: number } {
  const sample = Math.min(rows, MOST_ROWS);
  const folds = Math.round(WORK / (sample * labels * columns));
  return { sample, folds: Math.max(1, Math.min(FOLDS, folds)) };
}

/** Of each held-out row, at one temperature for all of them. */
function lossesOf(logits: readonly Matrix[], held: readonly FitRows[]): Float64Array {
  const temperature = bestTemperature(logits.map((each, i) => ({ logits: each, ...held[i]! })));
  return Float64Array.from(logits.flatMap((each, i) => [...rowLosses({ logits: each, ...held[i]! }, temperature)]));
}

/** @param settings from the largest penalty down, for each prior */
function oneStandardError(settings: readonly HeadSettings[], losses: readonly Float64Array[]): HeadSettings {
  const means = losses.map((each) => each.reduce((sum, loss) => sum + loss, 0) / each.length);
  const best = means.indexOf(Math.min(...means));
  const within = settings.find(
    ({ priorStrength }, i) =>
      priorStrength === settings[best]!.priorStrength &&
      means[i]! - means[best]! <= standardError(losses[i]!, losses[best]!),
  );
  return within ?? settings[best]!;
}

/** Of the mean of paired differences. */
function standardError(a: Float64Array, b: Float64Array): number {
  const count = a.length;
  let sum = 0;
  let squares = 0;
  for (let i = 0; i < count; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference;
    squares += difference * difference;
  }
  const mean = sum / count;
  return Math.sqrt(Math.max(0, squares / count - mean * mean) / count);
}
