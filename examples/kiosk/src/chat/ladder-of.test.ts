import type { TextStep } from '@terrace/browser-host/text';
import { expect, it } from 'vitest';
import { ladderOf } from './ladder-of.js';

type Event = Extract<TextStep, { kind: 'trace' }>['event'];

const at = { atMs: 0 };
const plan = (...ladder: string[]): Event => ({
  ...at,
  kind: 'plan',
  durationMs: 1,
  ladder,
  rejected: [],
  catalogRevision: 'c',
  ladderRevision: undefined,
});
const shown = (tier: string, confidence?: number): Event => ({ ...at, kind: 'shown', tier, heldMs: 9, confidence });
const climb = (from: string, to: string): Event => ({
  ...at,
  kind: 'climb',
  from,
  to,
  reason: 'confidence',
  gain: undefined,
});
const stop: Event = { ...at, kind: 'stop', reason: 'top', degraded: undefined };
const states = (...trace: Event[]): string[] => ladderOf(trace).map(({ tier, state }) => `${tier} ${state.kind}`);

it('begins with the lightest rung, whose text is held back at first', () => {
  expect(states(plan('small', 'site'))).toEqual(['small held', 'site waiting']);
  expect(states(plan('small', 'site'), shown('small', 0.8))).toEqual(['small writing', 'site waiting']);
  expect(states(plan('small', 'site'), shown('small', 0.8), stop)).toEqual(['small wrote', 'site not-needed']);
});

it('tells of a climb that nobody saw, and of a text that another one went on with', () => {
  const unseen = ladderOf([plan('small', 'site'), climb('small', 'site'), shown('site'), stop]);
  expect(unseen.map(({ state }) => state)).toEqual([
    { kind: 'left', why: 'confidence', wasShown: false },
    { kind: 'wrote' },
  ]);
  const seen: Event = {
    ...at,
    kind: 'handover',
    from: 'small',
    to: 'site',
    reason: 'context',
    shownCharacters: 9,
  };
  expect(ladderOf([plan('small', 'site'), shown('small'), seen])[0]?.state).toEqual({
    kind: 'left',
    why: 'context',
    wasShown: true,
  });
});

it('tells of a rung that failed, and of the one that wrote in its place', () => {
  const failed: Event = { ...at, kind: 'failed', tier: 'small', code: 'X', message: 'not here', hint: '' };
  const ladder = ladderOf(
    [plan('small', 'site'), failed, climb('small', 'site'), shown('site'), stop],
    new Map([['site', 'site']]),
  );
  expect(ladder).toMatchObject([
    { state: { kind: 'failed', message: 'not here' } },
    { placement: 'site', state: { kind: 'wrote' } },
  ]);
});

it('tells that another one went on with the text of one that broke off', () => {
  const broke: Event = { ...at, kind: 'failed', tier: 'small', code: 'X', message: 'gone', hint: '' };
  const goesOn: Event = { ...at, kind: 'handover', from: 'small', to: 'site', reason: 'failed', shownCharacters: 9 };
  const alone = [plan('small', 'site'), shown('small'), broke];
  expect(ladderOf(alone)[0]?.state).toEqual({ kind: 'failed', message: 'gone', isGoneOnWith: false });
  expect(ladderOf([...alone, goesOn])[0]?.state).toEqual({ kind: 'failed', message: 'gone', isGoneOnWith: true });
});
