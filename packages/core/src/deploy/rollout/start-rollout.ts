import { DAY_MS } from '../../budget/period.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { ROLLOUT_SHARES, type Rollout, type RolloutGuard, type RolloutMetric, type RolloutPace } from './rollout.js';
import { noEvidence } from './metric-test.js';

export const DEFAULT_GUARD: RolloutGuard = {
  rewardMargin: 0.005,
  latencyMargin: 0.1,
  costMargin: 0.1,
  errorMargin: 0.005,
  alpha: 0.05,
};

export const DEFAULT_PACE: RolloutPace = { outcomes: [100, 500, 2_000], labelled: true, patienceMs: 7 * DAY_MS };

/** A rollout at its first step. @throws InvalidRequestError for margins, shares and counts that make no sense */
export function startRollout({
  id,
  model,
  instead,
  unit,
  guard = DEFAULT_GUARD,
  pace = DEFAULT_PACE,
  atWallMs,
}: {
  readonly id: string;
  readonly model: string;
  readonly instead: string;
  readonly unit: Rollout['unit'];
  readonly guard?: RolloutGuard | undefined;
  readonly pace?: RolloutPace | undefined;
  readonly atWallMs: number;
}): Rollout {
  if (model === instead) throw refuse(`${model} cannot be rolled out instead of itself.`, 'Name two models.');
  checkGuard(guard);
  const { outcomes, patienceMs } = pace;
  if (outcomes.length !== ROLLOUT_SHARES.length - 1 || !outcomes.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw refuse('Steps need a whole number of outcomes each.', `Give ${ROLLOUT_SHARES.length - 1} numbers above 0.`);
  }
  if (!(patienceMs > 0)) throw refuse('A step needs some time.', 'Give a patience above 0.');
  const unseen = { heaviest: 0, saved: 0 };
  return {
    id,
    model,
    instead,
    unit,
    guard,
    pace,
    step: 0,
    sinceWallMs: atWallMs,
    outcomes: 0,
    evidence: testedMetrics(guard, pace).map(noEvidence),
    thinning: { new: unseen, old: unseen },
    state: { kind: 'running' },
  };
}

function testedMetrics(guard: RolloutGuard, pace: RolloutPace): RolloutMetric[] {
  return [
    ...(pace.labelled ? (['reward'] as const) : []),
    ...(guard.latencyMargin === undefined ? [] : (['latency'] as const)),
    ...(guard.costMargin === undefined ? [] : (['cost'] as const)),
    'error',
  ];
}

function checkGuard({ rewardMargin, errorMargin, latencyMargin = 0, costMargin = 0, alpha }: RolloutGuard): void {
  for (const points of [rewardMargin, errorMargin]) {
    if (!(points >= 0 && points < 1)) throw refuse(`${points} is no margin.`, 'Give a share from 0 to 1, e.g. 1%.');
  }
  for (const more of [latencyMargin, costMargin]) {
    if (!(more >= 0 && Number.isFinite(more))) throw refuse(`${more} is no margin.`, 'Give how much more it may be.');
  }
  if (!(alpha > 0 && alpha <= 0.5)) {
    throw refuse(`${alpha} is no risk of a rollback without a cause.`, 'Give a share above 0 and up to 50%.');
  }
}

const refuse = (message: string, hint: string): InvalidRequestError => new InvalidRequestError({ message, hint });
