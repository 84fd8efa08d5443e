import { binomialCdf, lowerBound } from './binomial.js';

/** An accepted answer of which somebody said whether it was right. */
export interface JudgedAnswer {
  readonly domain: string | undefined;
  /** The last tier whose scores are in it. */
  readonly tier: string;
  /** Calibrated probability of being right; undefined where the tier has none. */
  readonly confidence: number | undefined;
  readonly right: boolean;
}

/** A tier that is wrong more often than it may be, or than it says. */
export interface Drift {
  readonly domain: string | undefined;
  readonly tier: string;
  /** Judged answers in the window. */
  readonly n: number;
  readonly wrong: number;
  /** At least this share is wrong: Clopper-Pearson, one-sided. */
  readonly wrongAtLeast: number;
  /** The share that was to be expected at most. */
  readonly expected: number;
  /** Where that comes from: a bound that was asked for, or what the confidences of the answers themselves add up to. */
  readonly basis: 'max-risk' | 'confidence';
}

/** Answers a tier and domain that are looked at: enough to see one wrong in ten where one in fifty was promised. */
export const WINDOW = 200;
/** All windows together raise an alarm without a cause with at most this probability. */
const DELTA = 0.05;

/** A window over the newest judged answers of each tier in each domain. */
export interface DriftWindows {
  /** Newest first: what is older than a full window is left out. */
  add(answer: JudgedAnswer): void;
  /** @param maxRisk share of accepted answers that may be wrong; without it their own confidences are held against them */
  find(maxRisk: number | undefined): Drift[];
}

export function createDriftWindows(): DriftWindows {
  const windows = new Map<string, JudgedAnswer[]>();
  return {
    add(answer) {
      const key = JSON.stringify([answer.domain, answer.tier]);
      const window = windows.get(key);
      if (!window) windows.set(key, [answer]);
      else if (window.length < WINDOW) window.push(answer);
    },
    find(maxRisk) {
      const delta = DELTA / Math.max(1, windows.size);
      return [...windows.values()].flatMap((window) => driftOf(window, maxRisk, delta) ?? []);
    },
  };
}

/**
 * Tiers that feedback shows to be wrong more often than `maxRisk`, or than they said themselves.
 * @param feedback newest first
 */
export function findDrift({
  feedback,
  maxRisk,
}: {
  feedback: Iterable<JudgedAnswer>;
  maxRisk?: number | undefined;
}): Drift[] {
  const windows = createDriftWindows();
  for (const answer of feedback) windows.add(answer);
  return windows.find(maxRisk);
}

/**
 * What one window of a tier in a domain shows.
 * @param window newest first
 * @param delta probability of an alarm without a cause
 */
export function driftOf(
  window: readonly JudgedAnswer[],
  maxRisk: number | undefined,
  delta: number,
): Drift | undefined {
  const known = window.filter(({ confidence }) => maxRisk !== undefined || confidence !== undefined);
  const [newest] = known;
  if (!newest) return undefined;
  const wrong = known.filter(({ right }) => !right).length;
  // The sum of unlike chances of being wrong varies less than a binomial with their mean: the test is on the safe side.
  const doubt = known.reduce((sum, { confidence = 1 }) => sum + 1 - confidence, 0);
  const expected = maxRisk ?? doubt / known.length;
  // The bound is above what was expected where so many errors are that unlikely, which is quicker to tell.
  if (1 - binomialCdf(wrong - 1, known.length, expected) > delta) return undefined;
  const wrongAtLeast = lowerBound(wrong, known.length, delta);
  const { domain, tier } = newest;
  const basis = maxRisk === undefined ? 'confidence' : 'max-risk';
  return { domain, tier, n: known.length, wrong, wrongAtLeast, expected, basis };
}
