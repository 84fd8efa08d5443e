import {
  addOutcomes,
  advanceRollout,
  alarmAt,
  auditSharesOf,
  DEFAULT_GUARD,
  ROLLOUT_SHARES,
  startRollout,
  type Rollout,
  type RolloutOutcome,
} from '@terrace/core/deploy';
import { printFigures, seededRandom, type Figure } from './report.js';

const SEEDS = Number(process.env['TERRACE_SEEDS'] ?? 1_000);
/** For what is asked beside the figure. */
const FEWER = Math.ceil(SEEDS / 5);
/** Outcomes between two looks. Alarms do not depend on it: a test that has raised one stays as it is. */
const BETWEEN_LOOKS = 25;
const CANARY = ROLLOUT_SHARES.indexOf(0.1);

/** How often something goes wrong on one side, how long it takes and what it costs. */
interface Population {
  readonly accuracy: number;
  readonly latency: number;
  readonly cost: number;
  readonly errors: number;
}

const OLD: Population = { accuracy: 0.9, latency: 1, cost: 1, errors: 0.01 };

/** Which answers somebody says were right or wrong. */
type Labels =
  /** All: the new side has as small a share of the labels as of the requests. */
  | { readonly kind: 'all' }
  /** A sample that is drawn, half of it from either side. */
  | { readonly kind: 'audits'; readonly share: number };

const AUDITS: Labels = { kind: 'audits', share: 0.2 };

/** Figure 5: what a canary at a share of 10 % finds, how soon, and how often it cries wolf. */
export async function deployCanary(): Promise<void> {
  const worse = { ...OLD, accuracy: 0.85 };
  const audited = detect(worse, AUDITS);
  const answered = detect(worse, { kind: 'all' });
  printFigures(`A canary of 10 % of the requests, ${SEEDS} seeds, accuracy .90 -> .85`, [
    {
      name: 'rolled back within 5,000 labelled outcomes of both sides, drawn half from either (audits)',
      wanted: 'at least 95 %',
      measured: described(audited),
      holds: shareWithin(audited, 5_000) >= 0.95,
    },
  ]);
  console.log(
    [
      'no figure: where every answer is labelled, a tenth of the labels are of the canary:',
      `${described(answered)}; ${percent(shareWithin(answered, 50_000))} within 5,000 labels of the canary itself.`,
      `Of 5,000 labels no test could find more than ${percent(mostFound())} at this risk and margin, looked at once at the end`,
      'and with the accuracy of the old model known exactly.',
    ].join('\n     '),
  );
  printFigures('No regression, over the whole rollout and all four tests, looked at all the time', [
    falseAlarms('1 % -> 100 %, every answer labelled', { kind: 'all' }, SEEDS),
    falseAlarms('1 % -> 100 %, audits', AUDITS, FEWER),
    fixedHorizon(),
  ]);
  printFigures(`Other regressions of a canary of 10 %, ${FEWER} seeds, outcomes of both sides until the rollback`, [
    other('latency x 1.3', { ...OLD, latency: 1.3 }),
    other('cost x 1.5', { ...OLD, cost: 1.5 }),
    other('errors + 3 points', { ...OLD, errors: 0.04 }),
  ]);
}

interface Run {
  readonly rollout: Rollout;
  readonly labels: number;
  readonly requests: number;
}

/** Plays one rollout until it is over, or until as many labels or requests were seen. */
function play({
  seed,
  step,
  population,
  labels,
  most,
}: {
  readonly seed: number;
  readonly step: number;
  readonly population: Population;
  readonly labels: Labels;
  readonly most: { readonly labels?: number; readonly requests?: number };
}): Run {
  const random = seededRandom(seed);
  let rollout: Rollout = { ...startRollout({ id: 'r', model: 'b', instead: 'a', unit: 'request', atWallMs: 0 }), step };
  // A step that is given holds for good: what is asked is what is found there.
  if (step > 0) rollout = { ...rollout, pace: { ...rollout.pace, outcomes: [Infinity, Infinity, Infinity] } };
  let [labelled, requests] = [0, 0];
  while (
    rollout.state.kind === 'running' &&
    labelled < (most.labels ?? Infinity) &&
    requests < (most.requests ?? Infinity)
  ) {
    const newShare = ROLLOUT_SHARES[rollout.step]!;
    const looked =
      labels.kind === 'all'
        ? { new: 1, old: 1 }
        : auditSharesOf({ auditShare: labels.share, newShare, oldShare: 1 - newShare });
    const outcomes: RolloutOutcome[] = [];
    for (let i = 0; i < BETWEEN_LOOKS; i++) {
      const side = random() < newShare ? 'new' : 'old';
      const isLabelled = random() < looked[side];
      if (isLabelled) labelled++;
      outcomes.push(
        outcomeOf(side, side === 'new' ? population : OLD, isLabelled ? 1 / looked[side] : undefined, random),
      );
    }
    requests += BETWEEN_LOOKS;
    rollout = advanceRollout(addOutcomes(rollout, outcomes), requests);
  }
  return { rollout, labels: labelled, requests };
}

function outcomeOf(
  side: 'new' | 'old',
  { accuracy, latency, cost, errors }: Population,
  weight: number | undefined,
  random: () => number,
): RolloutOutcome {
  return {
    side,
    reward: weight === undefined ? undefined : { value: random() < accuracy ? 1 : 0, weight },
    latencyMs: 50 * latency * logNormal(0.5, random),
    costUsd: 0.001 * cost * logNormal(0.7, random),
    failed: random() < errors,
  };
}

/** Draws of a normal distribution, to draw from: a logarithm and a cosine for each of 100 million outcomes would be most of the time. */
const NORMALS = normals(2 ** 14, seededRandom(1));

function normals(count: number, random: () => number): Float64Array {
  return Float64Array.from(
    { length: count },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

const logNormal = (sigma: number, random: () => number): number =>
  Math.exp(sigma * NORMALS[Math.floor(random() * NORMALS.length)]!);

const seeds = (count = SEEDS): number[] => Array.from({ length: count }, (_, seed) => seed * 7_919 + 1);

/** Labelled outcomes until the rollback, by seed; Infinity where there was none. */
function detect(population: Population, labels: Labels): number[] {
  return seeds()
    .map((seed) => play({ seed, step: CANARY, population, labels, most: { labels: 50_000 } }))
    .map((run) => (run.rollout.state.kind === 'rolled-back' ? run.labels : Infinity))
    .toSorted((a, b) => a - b);
}

const shareWithin = (sorted: readonly number[], most: number): number =>
  sorted.filter((labels) => labels <= most).length / sorted.length;

function described(sorted: readonly number[]): string {
  const at = (share: number): string => sorted[Math.ceil(share * sorted.length) - 1]!.toLocaleString('en');
  return `${percent(shareWithin(sorted, 5_000))} within 5,000; median ${at(0.5)}, p95 ${at(0.95)}`;
}

function falseAlarms(name: string, labels: Labels, count: number): Figure {
  const runs = seeds(count).map((seed) =>
    play({ seed, step: 0, population: OLD, labels, most: { requests: 200_000 } }),
  );
  const wrong = runs.filter(({ rollout }) => rollout.state.kind === 'rolled-back').length / count;
  const done = runs.filter(({ rollout }) => rollout.state.kind === 'done');
  const requests = done.map((run) => run.requests).toSorted((a, b) => a - b)[Math.floor(done.length / 2)];
  return {
    name: `false rollbacks, ${name}`,
    wanted: 'at most 5 %',
    measured: `${percent(wrong)}; ${percent(done.length / count)} got to the end, half of them within ${requests?.toLocaleString('en')} requests`,
    holds: wrong <= 0.05,
  };
}

/**
 * What a z-test at 5 % that is made for one look after 5,000 outcomes, a tenth of them of the new model, does when it is looked
 * at all the time.
 */
function fixedHorizon(): Figure {
  const wrong = seeds().filter((seed) => zScores(seed).some((z) => z >= Z_5_PERCENT)).length / SEEDS;
  return {
    name: 'for comparison: a fixed-horizon test at 5 % that is looked at after every outcome, false rollbacks',
    wanted: 'more than 5 %: that is why it is not used',
    measured: percent(wrong),
    holds: wrong > 0.05,
  };
}

const Z_5_PERCENT = 1.645;

/**
 * Of 500 labels of the canary, the chance of the most powerful test to find .90 -> .85 at the risk and the margin that a rollout
 * has for rewards: that the wrong ones are so many as hardly ever happens within the margin.
 * @see Neyman and Pearson, On the problem of the most efficient tests of statistical hypotheses (1933)
 */
function mostFound(): number {
  const labels = 500;
  const rollout = startRollout({ id: 'r', model: 'b', instead: 'a', unit: 'request', atWallMs: 0 });
  const within = binomial(labels, 1 - OLD.accuracy + DEFAULT_GUARD.rewardMargin);
  const worse = binomial(labels, 0.15);
  let [risk, found] = [1 / alarmAt('reward', rollout), 0];
  for (let wrong = labels; risk > 0; wrong--) {
    // Of the last count as much as the risk has room for.
    found += worse[wrong]! * Math.min(1, risk / within[wrong]!);
    risk -= within[wrong]!;
  }
  return found;
}

/** P of each count of `trials`. */
function binomial(trials: number, rate: number): number[] {
  let logP = trials * Math.log(1 - rate);
  return Array.from({ length: trials + 1 }, (_, count) => {
    if (count > 0) logP += Math.log((trials - count + 1) / count) + Math.log(rate / (1 - rate));
    return Math.exp(logP);
  });
}

/** Of the difference of two shares that are the same, after each outcome of the new model from the thirtieth on. */
function zScores(seed: number): number[] {
  const random = seededRandom(seed);
  const sides = { new: { n: 0, bad: 0 }, old: { n: 0, bad: 0 } };
  const scores: number[] = [];
  for (let i = 0; i < 5_000; i++) {
    const isNew = random() < 0.1;
    const side = isNew ? sides.new : sides.old;
    side.n++;
    if (random() >= OLD.accuracy) side.bad++;
    if (!isNew || side.n < 30) continue;
    const pooled = (sides.new.bad + sides.old.bad) / (i + 1);
    const error = Math.sqrt(pooled * (1 - pooled) * (1 / sides.new.n + 1 / sides.old.n));
    scores.push((sides.new.bad / sides.new.n - sides.old.bad / sides.old.n) / error);
  }
  return scores;
}

function other(name: string, population: Population): Figure {
  const runs = seeds(FEWER).map((seed) =>
    play({ seed, step: CANARY, population, labels: { kind: 'audits', share: 0.02 }, most: { requests: 50_000 } }),
  );
  const found = runs
    .map(({ rollout, requests }) => (rollout.state.kind === 'rolled-back' ? requests : Infinity))
    .toSorted((a, b) => a - b);
  const at = (share: number): string => found[Math.ceil(share * found.length) - 1]!.toLocaleString('en');
  return {
    name,
    wanted: 'rolled back within 50,000 in at least 95 %',
    measured: `${percent(shareWithin(found, 50_000))}; median ${at(0.5)}, p95 ${at(0.95)}`,
    holds: shareWithin(found, 50_000) >= 0.95,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
