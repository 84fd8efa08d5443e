import { type AskedText, type LabelTally, type Lesson, type LessonStore } from '../ports/lesson-store.js';
import { LESSONS_A_LABEL } from '../learn/lessons/lessons-a-label.js';

const keyOf = (...parts: readonly string[]): string => JSON.stringify(parts);

/** Lessons that end with the process: for tests, and the plainest statement of what a store of lessons does. */
export function createMemoryLessons({ maxAsked = 20_000 }: { readonly maxAsked?: number } = {}): LessonStore {
  /** By domain and text, in the order they were added. */
  const lessons = new Map<string, Lesson>();
  const askedTexts = new Map<string, AskedText>();
  const tallies = new Map<string, LabelTally>();
  const notes = new Map<string, string>();

  const add = (lesson: Lesson): void => {
    const key = keyOf(lesson.domain, lesson.text);
    if (lesson.source !== 'correction' && lessons.get(key)?.source === 'correction') return;
    lessons.delete(key);
    lessons.set(key, lesson);
    const alike = [...lessons].filter(
      ([, each]) => each.domain === lesson.domain && each.label === lesson.label && each.source !== 'data',
    );
    const byTiersFirst = alike.toSorted(
      ([, a], [, b]) =>
        Number(a.source === 'correction') - Number(b.source === 'correction') || a.atWallMs - b.atWallMs,
    );
    for (const [old] of byTiersFirst.slice(0, Math.max(0, alike.length - LESSONS_A_LABEL))) lessons.delete(old);
  };

  return {
    async add(added) {
      for (const lesson of added) add({ ...lesson });
    },
    list: async ({ domain, limit = Infinity }) =>
      [...lessons.values()]
        .toReversed()
        .filter((lesson) => lesson.domain === domain)
        .toSorted((a, b) => b.atWallMs - a.atWallMs)
        .slice(0, limit),
    async count({ sinceWallMs = -Infinity } = {}) {
      const counts = new Map<string, { domain: string; label: string; source: Lesson['source']; lessons: number }>();
      for (const { domain, label, source, atWallMs } of lessons.values()) {
        if (atWallMs < sinceWallMs) continue;
        const key = keyOf(domain, label, source);
        const count = counts.get(key) ?? { domain, label, source, lessons: 0 };
        counts.set(key, { ...count, lessons: count.lessons + 1 });
      }
      return [...counts.values()];
    },
    async remember(asked) {
      for (const each of asked) {
        askedTexts.delete(each.requestId);
        askedTexts.set(each.requestId, { ...each });
      }
      for (const id of [...askedTexts.keys()].slice(0, Math.max(0, askedTexts.size - maxAsked))) askedTexts.delete(id);
    },
    asked: async (requestId) => askedTexts.get(requestId),
    async forget({ domain, beforeWallMs, requestId }) {
      const goes = (each: Lesson | AskedText): boolean =>
        (domain === undefined || each.domain === domain) &&
        (beforeWallMs === undefined || each.atWallMs < beforeWallMs) &&
        (requestId === undefined || each.requestId === requestId);
      const before = lessons.size + askedTexts.size;
      for (const [key, lesson] of lessons) if (goes(lesson)) lessons.delete(key);
      for (const [key, asked] of askedTexts) if (goes(asked)) askedTexts.delete(key);
      return before - lessons.size - askedTexts.size;
    },
    async tally(counts) {
      for (const { domain, label, ladderRevision, asked, climbed } of counts) {
        const key = keyOf(domain, label, ladderRevision);
        const { asked: askedBefore, climbed: climbedBefore } = tallies.get(key) ?? { asked: 0, climbed: 0 };
        const sums = { asked: askedBefore + asked, climbed: climbedBefore + climbed };
        tallies.set(key, { domain, label, ladderRevision, ...sums });
      }
    },
    tallies: async (domain) => [...tallies.values()].filter((tally) => tally.domain === domain),
    note: async (name) => notes.get(name),
    async keepNote(name, json) {
      notes.set(name, json);
    },
    close: async () => undefined,
  };
}
