import { seededRandom } from '../../evaluate/seeded-random.js';
import type { Random } from '../../ports/random.js';
import { compare, type Comparison } from './compare.js';
import { measure, type Measured } from './measure.js';
import type { PilotFinding, PilotKpi, PilotMetric, PilotPlan, PilotReport } from './pilot-plan.js';
import type { PilotSide } from './pilot-side.js';

/** P(an interval of any KPI misses). */
const ALPHA = 0.05;

/** What a pilot is compared with: what a ledger shows, or figures from elsewhere. */
export type BaselineFound =
  | { readonly kind: 'side'; readonly side: PilotSide }
  | { readonly kind: 'figures'; readonly figures: Readonly<Partial<Record<PilotMetric, number>>> };

/**
 * What a pilot has shown so far. A KPI is met when its whole interval is on the right side of its goal, and is not when all
 * of it is on the wrong side; the intervals hold together with 95 % (Bonferroni). The verdict is for one look at the end.
 * The same data gives the same report.
 */
export function judgePilot({
  plan,
  outcomes,
  baseline,
  atWallMs,
}: {
  readonly plan: PilotPlan;
  readonly outcomes: PilotSide;
  readonly baseline: BaselineFound;
  readonly atWallMs: number;
}): PilotReport {
  const random = seededRandom(1);
  const labels = whoseLabels(outcomes, baseline);
  const findings = plan.kpis.map((kpi) => find({ kpi, plan, outcomes, baseline, labels, random }));
  const isFinal = atWallMs >= plan.toWallMs;
  return {
    plan,
    requests: outcomes.requests,
    labelled: outcomes.labels(labels).n,
    labels,
    isFinal,
    verdict: isFinal ? verdictOf(findings) : 'open',
    findings,
  };
}

/** What the findings come to. */
export function verdictOf(findings: readonly PilotFinding[]): PilotReport['verdict'] {
  if (findings.some(({ met }) => met === 'no')) return 'no-go';
  return findings.every(({ met }) => met === 'yes') ? 'go' : 'open';
}

/** Both sides by the same: looks that were drawn where there are any, and what people say otherwise. */
function whoseLabels(outcomes: PilotSide, baseline: BaselineFound): PilotReport['labels'] {
  const sides = [outcomes, ...(baseline.kind === 'side' ? [baseline.side] : [])];
  return sides.every((side) => side.labels('audits').n > 0) ? 'audits' : 'feedback';
}

function find({
  kpi,
  plan,
  outcomes,
  baseline,
  labels,
  random,
}: {
  readonly kpi: PilotKpi;
  readonly plan: PilotPlan;
  readonly outcomes: PilotSide;
  readonly baseline: BaselineFound;
  readonly labels: PilotReport['labels'];
  readonly random: Random;
}): PilotFinding {
  const own = measure(outcomes, kpi.metric, labels, random);
  const other = baselineOf(baseline, kpi.metric, labels, random);
  const known = { ...kpi, value: own.value, baseline: other.value };
  const isRelative = kpi.goal.kind === 'relative';
  const requests =
    isRelative && baseline.kind === 'side' ? [outcomes.requests, baseline.side.requests] : [outcomes.requests];
  const tooFew = plan.leastRequests - Math.min(...requests);
  if (tooFew > 0) {
    return { ...known, interval: undefined, met: 'open', missing: { count: tooFew, of: 'requests' } };
  }
  const compared = compare(own, kpi, isRelative ? other : undefined, ALPHA / plan.kpis.length);
  if (!compared) return { ...known, interval: undefined, met: 'open', missing: undefined };
  const met = sideOf(compared, kpi.metric);
  return {
    ...known,
    interval: compared.shown,
    met,
    missing: met === 'open' ? missingOf(known, compared, own.n) : undefined,
  };
}

function baselineOf(
  baseline: BaselineFound,
  metric: PilotMetric,
  labels: PilotReport['labels'],
  random: Random,
): Measured {
  if (baseline.kind === 'side') return measure(baseline.side, metric, labels, random);
  return { value: baseline.figures[metric], n: 0, spread: { kind: 'exact' } };
}

/** Accuracy has to be at least its goal, everything else at most. */
function sideOf({ excess: [low, high] }: Comparison, metric: PilotMetric): PilotFinding['met'] {
  const [atLeast, atMost] = [low >= 0, high <= 0];
  if (metric === 'accuracy') return atLeast ? 'yes' : high < 0 ? 'no' : 'open';
  return atMost ? 'yes' : low > 0 ? 'no' : 'open';
}

/** An interval is as wide as 1 / sqrt(n): how many more make it too narrow to reach the goal. */
function missingOf(
  { metric, goal, value, baseline }: PilotKpi & Pick<PilotFinding, 'value' | 'baseline'>,
  { excess: [low, high] }: Comparison,
  n: number,
): PilotFinding['missing'] {
  const distance = value! - goal.value * (goal.kind === 'relative' ? baseline! : 1);
  const reach = distance > 0 ? distance - low : high - distance;
  const wanted = n * (reach / Math.abs(distance)) ** 2;
  const count = Math.max(1, Math.ceil(wanted - n));
  return Number.isSafeInteger(count) ? { count, of: metric === 'accuracy' ? 'labels' : 'requests' } : undefined;
}
