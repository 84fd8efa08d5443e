import { afterEach, describe, expect, it } from 'vitest';
import { type AskedText, type Lesson, type LessonStore } from '../ports/lesson-store.js';
import { LESSONS_A_LABEL } from '../learn/lessons/lessons-a-label.js';

export const exampleLesson = (changes: Partial<Lesson> = {}): Lesson => ({
  domain: 'bank',
  text: 'where is my card',
  label: 'card',
  source: 'teacher',
  teacher: 'base',
  requestId: 'r1',
  weight: 0.9,
  residency: 'site',
  atWallMs: 1000,
  ...changes,
});

export const exampleAsked = (changes: Partial<AskedText> = {}): AskedText => ({
  requestId: 'r1',
  domain: 'bank',
  text: 'where is my card',
  label: 'card',
  residency: 'device',
  atWallMs: 1000,
  ...changes,
});

/** What every LessonStore does. @param open an empty store that remembers at most so many asked texts */
export function describeLessonStoreContract(
  name: string,
  open: (options: { readonly maxAsked: number }) => Promise<LessonStore>,
): void {
  describe(`LessonStore contract: ${name}`, () => {
    const opened: LessonStore[] = [];
    afterEach(async () => {
      for (const each of opened.splice(0)) await each.close();
    });
    const openStore = async (maxAsked = 3): Promise<LessonStore> => {
      const store = await open({ maxAsked });
      opened.push(store);
      return store;
    };

    it('is empty at first', async () => {
      const store = await openStore();
      expect(await store.list({ domain: 'bank' })).toEqual([]);
      expect(await store.count()).toEqual([]);
      expect(await store.asked('r1')).toBeUndefined();
      expect(await store.forget({})).toBe(0);
      expect(await store.tallies('bank')).toEqual([]);
      expect(await store.note('bank')).toBeUndefined();
    });

    it('gives lessons of a domain back as they were, newest first', async () => {
      const store = await openStore();
      const plain = exampleLesson({
        text: 'お金',
        source: 'data',
        teacher: undefined,
        requestId: undefined,
        weight: 1,
      });
      const newer = exampleLesson({ text: '🙂 "quoted"\nlines', atWallMs: 2000.5 });
      await store.add([newer, plain, exampleLesson({ domain: 'bank/cards', text: 'another domain' })]);
      expect(await store.list({ domain: 'bank' })).toEqual([newer, plain]);
      expect(await store.list({ domain: 'bank', limit: 1 })).toEqual([newer]);
      expect(await store.list({ domain: 'travel' })).toEqual([]);
    });

    it('holds a text once: the newest word counts, but no tier speaks against a person', async () => {
      const store = await openStore();
      await store.add([exampleLesson({ label: 'first' }), exampleLesson({ label: 'second' })]);
      expect(await store.list({ domain: 'bank' })).toMatchObject([{ label: 'second' }]);
      await store.add([exampleLesson({ label: 'said', source: 'correction', teacher: undefined })]);
      await store.add([exampleLesson({ label: 'third', source: 'agreement' })]);
      expect(await store.list({ domain: 'bank' })).toMatchObject([{ label: 'said', source: 'correction' }]);
      await store.add([exampleLesson({ label: 'said later', source: 'correction' })]);
      expect(await store.list({ domain: 'bank' })).toMatchObject([{ label: 'said later' }]);
    });

    it('keeps so many of a label: the oldest of tiers go, then those of people, and rows of files stay', async () => {
      const store = await openStore();
      const ofTiers = Array.from({ length: LESSONS_A_LABEL + 2 }, (_, i) =>
        exampleLesson({ text: `text ${i}`, atWallMs: i }),
      );
      await store.add([exampleLesson({ text: 'of a file', source: 'data', atWallMs: 0 })]);
      await store.add([exampleLesson({ text: 'of a person', source: 'correction', atWallMs: 0 }), ...ofTiers]);
      await store.add([exampleLesson({ text: 'another label', label: 'pin', atWallMs: 0 })]);
      const texts = (await store.list({ domain: 'bank' })).map(({ text }) => text);
      expect(texts).toHaveLength(LESSONS_A_LABEL + 2);
      expect(texts).toEqual(
        expect.arrayContaining(['of a file', 'of a person', 'another label', 'text 201', 'text 3']),
      );
      expect(texts).not.toContain('text 2');
    });

    it('counts lessons since a time by domain, label and source', async () => {
      const store = await openStore();
      await store.add([
        exampleLesson({ text: 'a', atWallMs: 1 }),
        exampleLesson({ text: 'b', atWallMs: 5 }),
        exampleLesson({ text: 'c', atWallMs: 6, source: 'agreement' }),
        exampleLesson({ text: 'd', atWallMs: 7, label: 'pin' }),
      ]);
      const counts = await store.count({ sinceWallMs: 5 });
      expect(counts).toHaveLength(3);
      expect(counts).toEqual(
        expect.arrayContaining([
          { domain: 'bank', label: 'card', source: 'teacher', lessons: 1 },
          { domain: 'bank', label: 'card', source: 'agreement', lessons: 1 },
          { domain: 'bank', label: 'pin', source: 'teacher', lessons: 1 },
        ]),
      );
      expect(await store.count()).toContainEqual({ domain: 'bank', label: 'card', source: 'teacher', lessons: 2 });
    });

    it('remembers what was asked, up to its limit', async () => {
      const store = await openStore(3);
      const asked = ['r1', 'r2', 'r3', 'r4'].map((requestId, i) => exampleAsked({ requestId, atWallMs: i }));
      await store.remember(asked);
      expect(await store.asked('r1')).toBeUndefined();
      expect(await store.asked('r4')).toEqual(asked[3]);
      await store.remember([exampleAsked({ requestId: 'r4', label: 'changed', atWallMs: 9 })]);
      expect(await store.asked('r4')).toMatchObject({ label: 'changed' });
    });

    it('forgets a domain, what is old, what one request taught, or everything', async () => {
      const store = await openStore();
      const fill = async (): Promise<void> => {
        await store.add([
          exampleLesson({ text: 'old', atWallMs: 1, requestId: 'r0' }),
          exampleLesson({ text: 'new', atWallMs: 9 }),
          exampleLesson({ domain: 'travel', text: 'flight', atWallMs: 9, requestId: 'r2' }),
        ]);
        await store.remember([exampleAsked({ requestId: 'r0', atWallMs: 1 }), exampleAsked({ atWallMs: 9 })]);
      };
      await fill();
      expect(await store.forget({ beforeWallMs: 9 })).toBe(2);
      expect(await store.asked('r0')).toBeUndefined();
      expect(await store.forget({ requestId: 'r1' })).toBe(2);
      expect(await store.list({ domain: 'bank' })).toEqual([]);
      await fill();
      expect(await store.forget({ domain: 'bank', beforeWallMs: 5 })).toBe(2);
      expect(await store.forget({ domain: 'bank' })).toBe(2);
      expect(await store.list({ domain: 'travel' })).toHaveLength(1);
      expect(await store.forget({})).toBe(1);
    });

    it('adds to what was counted', async () => {
      const store = await openStore();
      const tally = { domain: 'bank', label: 'card', ladderRevision: 'a', asked: 2, climbed: 1 };
      await store.tally([tally, { ...tally, ladderRevision: 'b' }]);
      await store.tally([
        { ...tally, asked: 3, climbed: 0 },
        { ...tally, domain: 'travel' },
      ]);
      const found = await store.tallies('bank');
      expect(found).toHaveLength(2);
      expect(found).toContainEqual({ ...tally, asked: 5, climbed: 1 });
    });

    it('keeps notes by name, the last one of each', async () => {
      const store = await openStore();
      await store.keepNote('bank', '{"a":1}');
      await store.keepNote('bank', '{"a":2}');
      await store.keepNote('', '[]');
      expect(await store.note('bank')).toBe('{"a":2}');
      expect(await store.note('')).toBe('[]');
    });
  });
}
