import {
  alarmAt,
  holdOf,
  waitOf,
  type Rollout,
  type RolloutMetric,
  type RolloutState,
  type TestEvidence,
} from '@terrace/core/deploy';
import { percent, table } from './output.js';

/** Where rollouts stand, in lines. */
export function describeRollouts(rollouts: readonly Rollout[], nowWallMs: number): string {
  if (rollouts.length === 0) return 'no rollouts';
  return rollouts.map((rollout) => describeRollout(rollout, nowWallMs)).join('\n');
}

function describeRollout(rollout: Rollout, nowWallMs: number): string {
  const { id, model, instead, unit, state, evidence } = rollout;
  const head = `${id}: ${model} instead of ${instead}, ${describeState(state)}`;
  if (state.kind === 'done') return head;
  const rows = evidence.map((test) => [
    METRICS[test.metric],
    rateOf(test, 'new'),
    rateOf(test, 'old'),
    `${test.wealth.toPrecision(2)} of ${alarmAt(test.metric, rollout).toFixed(0)}`,
  ]);
  return [
    head,
    ...(state.kind === 'rolled-back' ? [] : [`  ${waitIn(rollout, nowWallMs)}, by ${unit}`]),
    ...table([['', model, instead, 'evidence of a regression'], ...rows])
      .split('\n')
      .map((line) => `  ${line}`),
  ].join('\n');
}

const METRICS: Readonly<Record<RolloutMetric, string>> = {
  reward: 'wrong',
  latency: 'slow',
  cost: 'cost, of a dear request',
  error: 'failed',
};

function rateOf({ seen, reference }: TestEvidence, side: 'new' | 'old'): string {
  const { n, sum } = seen[side];
  if (n > 0) return `${percent(sum / n)} of ${n}`;
  return reference?.kind === 'gathering' ? 'getting to know the old model' : '-';
}

function describeState(state: RolloutState): string {
  switch (state.kind) {
    case 'running':
      return 'under way';
    case 'paused':
      return 'paused';
    case 'done':
      return 'done';
    case 'rolled-back': {
      const at = `${new Date(state.atWallMs).toISOString().slice(0, 16)}Z`;
      return state.by === 'person' ? `taken back by a person ${at}` : `taken back ${at}: its ${state.by} became worse`;
    }
    default:
      return state satisfies never;
  }
}

function waitIn(rollout: Rollout, nowWallMs: number): string {
  const { outcomes, isOverdue } = waitOf(rollout, nowWallMs);
  const what = rollout.pace.labelled ? 'labelled answers' : 'requests';
  const share = `at ${percent(holdOf(rollout).least)}`;
  const waits = outcomes > 0 ? `waits for ${outcomes} more ${what}` : 'waits until nothing speaks against it';
  return `${share}, ${waits}${isOverdue ? ', which takes long' : ''}`;
}

/** A rollout as a program reads it. */
export const rolloutJson = (rollout: Rollout, nowWallMs: number): object => ({
  ...rollout,
  share: holdOf(rollout).least,
  waits: waitOf(rollout, nowWallMs),
});
