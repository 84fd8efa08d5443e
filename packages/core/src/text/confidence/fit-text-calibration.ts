import {
  TEXT_FEATURES,
  type TextCalibration,
  type TextConfidenceModel,
  type TextFeature,
  type TextTierCalibration,
} from '../../catalog/text-calibration.js';
import { fitLogistic } from '../../calibrate/logistic.js';
import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { auroc } from '../../evaluate/auroc.js';
import { bootstrapInterval, type Interval } from '../../evaluate/bootstrap.js';
import type { Random } from '../../ports/random.js';
import { keepRows } from './keep-rows.js';
import { evenPlace } from './even-place.js';
import { textConfidence } from './text-confidence.js';
import type { TextFeatures } from './text-features.js';

/** Below this nothing worth having can be certified. */
export const MIN_TEXT_ROWS = 50;
const FOLDS = 5;
/** A feature that is known of fewer rows tells more of them than of answers. */
const LEAST_KNOWN = 0.9;
/** What hardly differs from answer to answer says nothing of them. */
const LEAST_SPREAD = 1e-9;

/** One answer whose rightness somebody knows. */
export interface TextRow {
  /** Of its first tokens. */
  readonly early: TextFeatures;
  /** It was over before that many: a stream of it is decided on the whole. */
  readonly isShort: boolean;
  readonly whole: TextFeatures;
  readonly right: boolean;
}

/** What one tier answered. */
export interface TextTierRows extends Pick<TextTierCalibration, 'tier' | 'variant' | 'delta' | 'template'> {
  readonly firstTokens: number;
  /** One a question, in the same order for every tier; undefined where it gave no answer. */
  readonly rows: readonly (TextRow | undefined)[];
}

/** How well right answers are told from wrong ones, by confidences fitted on other rows. */
export interface TextFit {
  readonly tier: string;
  readonly accuracy: number;
  /** With its 95 % interval. */
  readonly auroc: { readonly whole: number; readonly interval: Interval; readonly early: number };
}

/** A tier that cannot be calibrated, and what is missing. */
export interface UnfitText {
  readonly tier: string;
  readonly why: string;
}

/**
 * Maps what is known of answers to P(right), tier by tier, and keeps what bounds are certified on.
 * @param rows of the data, asked of every tier
 * @throws InvalidDataError when no tier can be calibrated on them
 */
export function fitTextCalibration({
  domain,
  fingerprint,
  rows,
  tiers,
  random,
}: {
  readonly domain: string | undefined;
  readonly fingerprint: string;
  readonly rows: number;
  readonly tiers: readonly TextTierRows[];
  readonly random: Random;
}): { readonly calibration: TextCalibration; readonly fits: readonly TextFit[]; readonly unfit: readonly UnfitText[] } {
  const unfit = tiers.flatMap((each) => {
    const why = whatIsMissing(answersOf(each));
    return why === undefined ? [] : [{ tier: each.tier, why }];
  });
  const fitting = tiers.filter(({ tier }) => !unfit.some((each) => each.tier === tier));
  if (fitting.length === 0) throw nothingToFit(unfit, rows);
  const held = fitting.map((each): Held => ({
    whole: crossFitted(each.rows, 'whole'),
    early: crossFitted(each.rows, 'early'),
  }));
  const calibration: TextCalibration = {
    format: 1,
    kind: 'text',
    ...(domain !== undefined && { domain }),
    data: { fingerprint, rows },
    tiers: fitting.map((each, at) => fitTier(each, held[at]!)),
  };
  return { calibration, fits: fitting.map((each, at) => judgeFit(each, held[at]!, random)), unfit };
}

/** What a tier's answers lack to be calibrated on; undefined where nothing. */
function whatIsMissing(rows: readonly TextRow[]): string | undefined {
  if (rows.length < MIN_TEXT_ROWS)
    return `${rows.length} answers are too few: at least ${MIN_TEXT_ROWS} are needed, and some hundred are better`;
  const right = rows.filter((row) => row.right).length;
  if (right === 0) return 'every answer is wrong: nothing can be learnt of right ones';
  if (right === rows.length) return 'every answer is right: nothing can be learnt of wrong ones';
  if (knownFeatures(rows.map(({ whole }) => whole)).length === 0)
    return 'nothing is known of its answers: it tells no log-probabilities';
  return undefined;
}

const isAnswer = (row: TextRow | undefined): row is TextRow => row !== undefined;
const answersOf = ({ rows }: TextTierRows): readonly TextRow[] => rows.filter(isAnswer);

function fitTier(
  { tier, variant, delta, template, firstTokens, rows }: TextTierRows,
  { whole: wholes, early: earlies }: Held,
): TextTierCalibration {
  const answers = rows.filter(isAnswer);
  const whole = fitModel(answers, 'whole')!;
  const early = fitModel(answers, 'early');
  return {
    tier,
    variant,
    ...(delta !== undefined && { delta }),
    ...(template !== undefined && { template }),
    whole,
    ...(early && { early }),
    firstTokens,
    accuracy: accuracyOf(answers),
    rows: keepRows(rows, { whole: wholes, early: earlies }),
  };
}

const accuracyOf = (rows: readonly TextRow[]): number => rows.filter(({ right }) => right).length / rows.length;

/** P(right) by what is known of answers, or of beginnings; undefined where nothing is. */
function fitModel(rows: readonly TextRow[], of: 'early' | 'whole'): TextConfidenceModel | undefined {
  const known = rows.map((row) => row[of]);
  const features = knownFeatures(known);
  if (features.length === 0) return undefined;
  const columns = features.map((feature) => describe(known, feature));
  const standardised = known.map((row) =>
    features.map((feature, i) => ((row[feature] ?? columns[i]!.mean) - columns[i]!.mean) / columns[i]!.spread),
  );
  const [intercept, ...weights] = fitLogistic(
    standardised,
    rows.map(({ right }) => right),
  );
  return {
    features: [...features],
    intercept: intercept!,
    weights,
    means: columns.map(({ mean }) => mean),
    spreads: columns.map(({ spread }) => spread),
  };
}

function knownFeatures(rows: readonly TextFeatures[]): TextFeature[] {
  return TEXT_FEATURES.filter((feature) => {
    const known = rows.filter((row) => row[feature] !== undefined).length;
    return known >= LEAST_KNOWN * rows.length && describe(rows, feature).spread > LEAST_SPREAD;
  });
}

function describe(rows: readonly TextFeatures[], feature: TextFeature): { mean: number; spread: number } {
  const values = rows.flatMap((row) => row[feature] ?? []);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return { mean, spread };
}

const confidenceOf = (features: TextFeatures, model: TextConfidenceModel): number =>
  textConfidence(features, { whole: model }, 'whole').confidence!;

/** Each row's confidences by models that were fitted without it: what new rows would show. */
interface Held {
  readonly whole: readonly (number | undefined)[];
  readonly early: readonly (number | undefined)[];
}

const foldOf = (row: number): number => Math.floor(evenPlace(row) * FOLDS);

/** Undefined where there is no answer. */
function crossFitted(rows: readonly (TextRow | undefined)[], of: 'early' | 'whole'): (number | undefined)[] {
  const models = Array.from({ length: FOLDS }, (_, fold) =>
    fitModel(rows.filter((__, row) => foldOf(row) !== fold).filter(isAnswer), of),
  );
  return rows.map((row, at) => {
    const model = models[foldOf(at)];
    return row && (model ? confidenceOf(row[of], model) : 0.5);
  });
}

function judgeFit({ tier, rows }: TextTierRows, { whole, early }: Held, random: Random): TextFit {
  const judged = (confidences: readonly (number | undefined)[]): { confidence: number; right: boolean }[] =>
    confidences.flatMap((confidence, at) => (confidence === undefined ? [] : [{ confidence, right: rows[at]!.right }]));
  const wholes = judged(whole);
  const interval = bootstrapInterval(wholes, auroc, random);
  return {
    tier,
    accuracy: accuracyOf(rows.filter(isAnswer)),
    auroc: { whole: auroc(wholes), interval, early: auroc(judged(early)) },
  };
}

function nothingToFit(unfit: readonly UnfitText[], rows: number): InvalidDataError {
  return new InvalidDataError({
    message: `No tier can be calibrated on this. ${unfit.map(({ tier, why }) => `${tier}: ${why}.`).join(' ')}`,
    hint: `Give at least ${MIN_TEXT_ROWS} questions, some of which each tier gets right and some wrong.`,
    facts: { rows, minimum: MIN_TEXT_ROWS },
  });
}
