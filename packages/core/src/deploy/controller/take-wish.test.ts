import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { UnknownDeploymentError } from '../../errors/unknown-deployment-error.js';
import { exampleDeploymentState } from '../../testing/deployment-store-contract.js';
import type { DeploymentState, DeploymentWish } from '../deployment-state.js';
import type { PilotPlan } from '../pilot/pilot-plan.js';
import { takeWish } from './take-wish.js';

const life = { stage: 'live', sinceWallMs: 0, reason: undefined, failures: 0 } as const;
const deployed = (changes: Partial<DeploymentState> = {}): DeploymentState =>
  exampleDeploymentState({
    models: ['a', 'b', 'c'].map((model) => ({ model, ...life })),
    rollouts: [],
    pilot: undefined,
    ...changes,
  });
const rollOut = (model: string, instead = 'a'): DeploymentWish => ({
  kind: 'roll-out',
  model,
  instead,
  unit: 'request',
});
const take = (state: DeploymentState, ...wishes: readonly DeploymentWish[]): DeploymentState =>
  wishes.reduce((before, wish, i) => takeWish(before, wish, i), state);

const reasons = ({ models }: DeploymentState): unknown[] => models.map(({ reason }) => reason);

describe('a wish', () => {
  it('for a second rollout is refused while one is under way, as both could not have their shares', () => {
    const one = take(deployed(), rollOut('b'));
    expect(() => take(one, rollOut('c'))).toThrow(InvalidRequestError);
    const over = take(one, { kind: 'roll-back', rollout: 'b-1' });
    expect(take(over, rollOut('c')).rollouts.map(({ id }) => id)).toEqual(['b-1', 'c-1']);
  });

  it('for a rollout of the same model begins it anew, under a number that no other one has', () => {
    const again = take(deployed(), rollOut('b'), rollOut('b'));
    expect(again.rollouts.map(({ id, state: { kind } }) => [id, kind])).toEqual([
      ['b-1', 'rolled-back'],
      ['b-2', 'running'],
    ]);
    // The first one is long forgotten.
    const third = take({ ...again, rollouts: again.rollouts.slice(1) }, rollOut('b'));
    expect(third.rollouts.map(({ id }) => id)).toEqual(['b-2', 'b-3']);
    expect(reasons(third)).toEqual([undefined, undefined, undefined]);
  });

  it('for a rollout goes on without labels only where it says so', () => {
    expect(take(deployed(), rollOut('b')).rollouts[0]!.pace.labelled).toBe(true);
  });

  it('for a rollout in place of a model that is out is refused', () => {
    const out = take(deployed(), { kind: 'retire', model: 'a' });
    expect(() => take(out, rollOut('b'))).toThrow('removed');
    expect(() => take(deployed(), rollOut('b', 'nobody'))).toThrow(UnknownDeploymentError);
    expect(() => take(deployed(), rollOut('b', 'b'))).toThrow(InvalidRequestError);
  });

  it('to retire the new model ends its rollout, and one to retire the old one leaves nothing to compare with', () => {
    const running = take(deployed(), rollOut('b'));
    const withoutNew = take(running, { kind: 'retire', model: 'b' });
    expect(withoutNew.rollouts[0]!.state).toMatchObject({ kind: 'rolled-back', by: 'person' });
    expect(reasons(withoutNew)).toEqual([undefined, 'removed', undefined]);
    const withoutOld = take(running, { kind: 'retire', model: 'a' });
    expect(withoutOld.rollouts[0]!.state).toEqual({ kind: 'done' });
    expect(reasons(withoutOld)).toEqual(['removed', undefined, undefined]);
    expect(take(running, { kind: 'retire', model: 'c' }).rollouts).toEqual(running.rollouts);
  });

  it('about a rollout that is over changes nothing, whatever became of its model since', () => {
    const anew = take(deployed(), rollOut('b'), { kind: 'roll-back', rollout: 'b-1' }, rollOut('b'));
    for (const kind of ['pause', 'resume', 'roll-back'] as const) {
      expect(take(anew, { kind, rollout: 'b-1' })).toEqual(anew);
    }
  });

  it('for a second pilot is refused while one is under way', () => {
    const plan: PilotPlan = {
      name: 'autumn',
      domain: undefined,
      kpis: [{ metric: 'accuracy', goal: { kind: 'absolute', value: 0.9 } }],
      baseline: { kind: 'figures', figures: {} },
      fromWallMs: 1,
      toWallMs: 2,
      leastRequests: 1,
    };
    const begun = take(deployed(), { kind: 'pilot', plan });
    expect(() => take(begun, { kind: 'pilot', plan: { ...plan, name: 'winter' } })).toThrow('autumn is under way');
    expect(take(begun, { kind: 'pilot', plan: undefined }).pilot).toBeUndefined();
  });
});
