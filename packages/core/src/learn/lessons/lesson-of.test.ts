import { describe, expect, it } from 'vitest';
import type { Observation } from '../../ports/learning.js';
import { exampleAsked } from '../../testing/lesson-store-contract.js';
import { correctionOf, lessonOf } from './lesson-of.js';

const says = (tier: string, label: string): Observation['said'][number] => ({
  tier,
  placement: tier === 'cloud' ? 'cloud' : 'device',
  label,
  probability: 0.9,
});
const observation = (changes: Partial<Observation> = {}): Observation => ({
  requestId: 'r1',
  text: 'where is my card',
  domain: 'bank',
  residency: 'site',
  ladderRevision: 'a',
  label: 'card',
  verdict: 'accept',
  confidence: 0.9,
  said: [says('nano', 'pin'), says('cloud', 'card')],
  ...changes,
});
const given = { isOutOfScope: false, isDistrusted: false, sampleShare: 0.05, random: () => 0.5, atWallMs: 7 };

describe('a lesson of an answer', () => {
  it('is what a larger tier answered, weighed by how sure it is, with where the text may go', () => {
    expect(lessonOf(observation(), given)).toEqual({
      domain: 'bank',
      text: 'where is my card',
      label: 'card',
      source: 'teacher',
      teacher: 'cloud',
      requestId: 'r1',
      weight: 0.8,
      residency: 'site',
      atWallMs: 7,
    });
  });

  it('weighs fully where two tiers agree', () => {
    const said = [says('nano', 'card'), says('small', 'pin'), says('cloud', 'card')];
    expect(lessonOf(observation({ said }), given)).toMatchObject({ source: 'agreement', teacher: 'cloud', weight: 1 });
  });

  it.each([
    ['an answer that nobody accepted', { verdict: 'abstain' as const }],
    ['a teacher that is hardly sure', { confidence: 0.55 }],
    ['a teacher whose doubts nobody knows', { confidence: undefined }],
    ['a compromise that no tier made by itself', { label: 'balance' }],
    ['an answer of the first tier', { said: [says('nano', 'card')] }],
    ['an answer that no tier gave', { said: [] }],
  ])('is nothing of %s', (_, changes) => {
    expect(lessonOf(observation(changes), given)).toBeUndefined();
  });

  it('takes "none of the labels" from two tiers only', () => {
    expect(lessonOf(observation(), { ...given, isOutOfScope: true })).toBeUndefined();
    const said = [says('nano', 'card'), says('cloud', 'card')];
    expect(lessonOf(observation({ said }), { ...given, isOutOfScope: true })).toMatchObject({ weight: 1 });
  });

  it('is a sample of what did not climb, but not of a tier that feedback speaks against', () => {
    const alone = observation({ said: [says('nano', 'card')] });
    expect(lessonOf(alone, { ...given, random: () => 0.01 })).toMatchObject({ source: 'agreement', weight: 0.5 });
    expect(lessonOf(alone, { ...given, random: () => 0.01, isDistrusted: true })).toBeUndefined();
  });
});

describe('a lesson of a person', () => {
  const said = { requestId: 'r1', atWallMs: 9, comment: undefined };
  const asked = exampleAsked({ label: 'pin' });

  it('is the correction, or the answer that was right', () => {
    const wrong = { ...said, right: false, correction: 'card' };
    expect(correctionOf(asked, wrong)).toMatchObject({ label: 'card', source: 'correction', weight: 1, atWallMs: 9 });
    expect(correctionOf(asked, { ...said, right: true, correction: undefined })).toMatchObject({ label: 'pin' });
  });

  it.each([undefined, '', 'two\nlines', 'x'.repeat(257)])('is nothing when the label is %j', (correction) => {
    expect(correctionOf(asked, { ...said, right: false, correction })).toBeUndefined();
  });
});
