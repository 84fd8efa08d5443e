import { assert, constantFrom, array, record, property, oneof, subarray, constant } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceLife, newLife } from './advance-life.js';
import type { LifeEvent, ModelLife } from './model-life.js';
import { swapLives } from './swap-lives.js';

const after = (...events: LifeEvent[]): ModelLife =>
  events.reduce((life, event, i) => advanceLife(life, event, i + 1), newLife('m', 0));
const live = [{ kind: 'plan' }, { kind: 'downloaded' }, { kind: 'started' }] as const;

describe('the life of a model', () => {
  it('goes from planned by way of a download and a test to live, and by draining to retired', () => {
    expect(newLife('m', 0)).toMatchObject({ stage: 'planned', failures: 0 });
    expect(after({ kind: 'plan' })).toMatchObject({ stage: 'downloading', sinceWallMs: 1 });
    expect(after({ kind: 'plan' }, { kind: 'downloaded' })).toMatchObject({ stage: 'starting' });
    expect(after(...live)).toMatchObject({ stage: 'live', reason: undefined });
    const drained = after(...live, { kind: 'replaced', reason: 'not-planned' }, { kind: 'drained' });
    expect(drained).toMatchObject({ stage: 'retired', reason: 'not-planned' });
  });

  it('counts starts that failed until one succeeds', () => {
    const failed = { kind: 'failed', reason: 'start-failed' } as const;
    const twice = after({ kind: 'plan' }, failed, { kind: 'plan' }, { kind: 'downloaded' }, failed);
    expect(twice).toMatchObject({ stage: 'retired', reason: 'start-failed', failures: 2 });
    expect(live.reduce<ModelLife>((life, event) => advanceLife(life, event, 9), twice)).toMatchObject({
      stage: 'live',
      failures: 0,
    });
  });

  it('is the same object after what means nothing at its stage', () => {
    const life = after(...live);
    for (const event of [{ kind: 'started' }, { kind: 'drained' }, { kind: 'plan' }] as const)
      expect(advanceLife(life, event, 9)).toBe(life);
  });
});

it('no sequence of events and windows leaves nothing live once something was', () => {
  const ids = ['a', 'b', 'c'];
  const event = oneof(
    constantFrom<LifeEvent>({ kind: 'plan' }, { kind: 'downloaded' }, { kind: 'started' }, { kind: 'drained' }),
    constant<LifeEvent>({ kind: 'failed', reason: 'start-failed' }),
  );
  const step = oneof(record({ model: constantFrom(...ids), event }), record({ live: subarray(ids) }));
  assert(
    property(array(step, { maxLength: 40 }), (steps) => {
      let lives: readonly ModelLife[] = ids.map((id) => newLife(id, 0));
      let wasLive = false;
      for (const each of steps) {
        lives =
          'live' in each
            ? swapLives({ lives, live: new Set(each.live), reasonOf: () => 'not-planned', atWallMs: 1 })
            : lives.map((life) => (life.model === each.model ? advanceLife(life, each.event, 1) : life));
        const isLive = lives.some(({ stage }) => stage === 'live');
        wasLive ||= isLive;
        expect(isLive).toBe(wasLive);
      }
    }),
  );
});
