import { describe, expect, it } from 'vitest';
import { exampleLesson } from '../../testing/lesson-store-contract.js';
import { examplesOf } from './examples-of.js';

const given = { isKnown: (label: string) => label !== 'brand new', noise: () => 0.1, correctionsOfNewLabel: 3 };
const byPerson = { source: 'correction', teacher: undefined, weight: 1 } as const;

describe('examples of lessons', () => {
  it('count a lone teacher for less, by how often it is wrong, and others as they are', () => {
    const { examples, weights } = examplesOf(
      [
        exampleLesson({ text: 'a', weight: 0.8 }),
        exampleLesson({ text: 'b', source: 'agreement', weight: 1 }),
        exampleLesson({ text: 'c', ...byPerson }),
      ],
      { ...given, noise: (teacher) => (teacher === 'base' ? 0.25 : 0) },
    );
    expect(examples).toEqual([
      { text: 'a', label: 'card', line: 1 },
      { text: 'b', label: 'card', line: 2 },
      { text: 'c', label: 'card', line: 3 },
    ]);
    expect(weights).toEqual([expect.closeTo(0.6, 9), 1, 1]);
  });

  it('leave a teacher out that is nearly always wrong', () => {
    expect(examplesOf([exampleLesson()], { ...given, noise: () => 0.99 }).examples).toEqual([]);
  });

  it('take a person over a tier on the same text, the surer of two tiers, and neither of two that are as sure', () => {
    const { examples, disputed } = examplesOf(
      [
        exampleLesson({ text: 'Block  MY card', label: 'pin', source: 'agreement', weight: 1 }),
        exampleLesson({ text: 'block my card', label: 'block', ...byPerson }),
        exampleLesson({ text: 'a balance', label: 'balance', weight: 0.4 }),
        exampleLesson({ text: 'A balance', label: 'transfer', weight: 0.9 }),
        exampleLesson({ text: 'hm', label: 'balance', source: 'agreement', weight: 1 }),
        exampleLesson({ text: 'Hm', label: 'transfer', source: 'agreement', weight: 1 }),
      ],
      given,
    );
    expect(examples.map(({ label }) => label)).toEqual(['block', 'transfer']);
    expect(disputed).toBe(1);
  });

  it('wait with a label that nobody knows until enough people have named it', () => {
    const named = (n: number) =>
      Array.from({ length: n }, (_, i) => exampleLesson({ text: `${i}`, label: 'brand new', ...byPerson }));
    expect(examplesOf(named(2), given)).toMatchObject({ examples: [], waiting: 2 });
    expect(examplesOf(named(3), given)).toMatchObject({ labels: ['brand new'], waiting: 0 });
  });

  it('tell what was learnt from answers and people; rows of files are known', () => {
    const lessons = [exampleLesson({ text: 'a', label: 'pin', source: 'data' }), exampleLesson({ text: 'b' })];
    expect(examplesOf(lessons, given)).toMatchObject({ labels: ['card'], examples: [{}, {}] });
  });
});
