import { describe, expect, it } from 'vitest';
import { fakeSha } from '../../testing/example-catalog.js';
import { DEFAULT_LEARNING } from './learning-settings.js';
import { countAnswer, judgeShadow, type Shadow } from './shadow.js';

const fresh: Shadow = {
  revision: fakeSha('candidate'),
  against: fakeSha('in force'),
  lessons: 40,
  labels: ['card', 'pin'],
  newLabels: [],
  answers: 0,
  newAnswers: 0,
  accepted: 0,
  agreed: 0,
  climbed: 0,
};
const judge = (changes: Partial<Shadow>) =>
  judgeShadow({ ...fresh, ...changes }, { accuracy: 0.93, settings: { ...DEFAULT_LEARNING, shadowMargin: 0.02 } });

describe('a candidate in shadow', () => {
  it('counts what it would have accepted, and whether that is the final answer', () => {
    const accepts = { label: 'card', accepts: true };
    let shadow = countAnswer({ ...fresh, newLabels: ['card'] }, { label: 'card', climbed: true, candidate: accepts });
    shadow = countAnswer(shadow, { label: 'pin', climbed: false, candidate: accepts });
    shadow = countAnswer(shadow, { label: 'card', climbed: true, candidate: { label: 'card', accepts: false } });
    expect(shadow).toMatchObject({ answers: 3, newAnswers: 2, accepted: 2, agreed: 1, climbed: 2 });
  });

  it('takes over once it agrees as often as it is said to be right, and climbs no more often', () => {
    expect(judge({ answers: 49, accepted: 49, agreed: 49, climbed: 10 })).toBe('go-on');
    expect(judge({ answers: 50, accepted: 50, agreed: 50, climbed: 10 })).toBe('promote');
    expect(judge({ answers: 60, accepted: 50, agreed: 50, climbed: 9 })).toBe('go-on');
    expect(judge({ answers: 60, accepted: 60, agreed: 55, climbed: 60 })).toBe('go-on');
    expect(judge({ answers: 300, accepted: 290, agreed: 275, climbed: 60 })).toBe('promote');
  });

  it('has to show labels that are new to it', () => {
    const good = { answers: 100, accepted: 100, agreed: 100, climbed: 50, newLabels: ['card'] };
    expect(judge({ ...good, newAnswers: 19 })).toBe('go-on');
    expect(judge({ ...good, newAnswers: 20 })).toBe('promote');
  });

  it('is dropped when it never gets there', () => {
    expect(judge({ answers: 500, accepted: 0, agreed: 0, climbed: 500 })).toBe('drop');
  });
});
