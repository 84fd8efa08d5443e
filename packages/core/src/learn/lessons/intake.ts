import type { Observation } from '../../ports/learning.js';
import type { AskedText, LabelTally, Lesson, LessonStore } from '../../ports/lesson-store.js';

/** What waits for the store; more than that means it cannot be written, and the oldest go. */
const MAX_WAITING = 2000;

/** Keeps what was observed in memory for a moment, so that no request waits for the disk. */
export interface Intake {
  add(observation: Observation, given: { readonly lesson: Lesson | undefined; readonly atWallMs: number }): void;
  /** One after the other; what could not be written waits for the next time. @throws StorageError */
  flush(): Promise<void>;
}

export function createIntake(store: LessonStore): Intake {
  let asked: AskedText[] = [];
  let lessons: Lesson[] = [];
  let tallies = new Map<string, LabelTally>();
  let last: Promise<void> = Promise.resolve();

  const count = ({ domain, label, ladderRevision = '', said }: Observation): void => {
    const key = JSON.stringify([domain, label, ladderRevision]);
    const before = tallies.get(key) ?? { asked: 0, climbed: 0 };
    const climbed = before.climbed + Number(said.length > 1);
    tallies.set(key, { domain, label, ladderRevision, asked: before.asked + 1, climbed });
  };
  const write = async (): Promise<void> => {
    const [askedNow, lessonsNow, talliesNow] = [asked, lessons, tallies];
    asked = [];
    lessons = [];
    tallies = new Map();
    try {
      if (askedNow.length > 0) await store.remember(askedNow);
      if (lessonsNow.length > 0) await store.add(lessonsNow);
    } catch (error) {
      asked = [...askedNow, ...asked].slice(-MAX_WAITING);
      lessons = [...lessonsNow, ...lessons].slice(-MAX_WAITING);
      throw error;
    }
    if (talliesNow.size > 0) await store.tally([...talliesNow.values()]);
  };

  return {
    add(observation, { lesson, atWallMs }) {
      const { requestId, domain, text, label, residency } = observation;
      asked.push({ requestId, domain, text, label, residency, atWallMs });
      if (asked.length > MAX_WAITING) asked.shift();
      if (lesson) lessons.push(lesson);
      if (lessons.length > MAX_WAITING) lessons.shift();
      count(observation);
    },
    flush() {
      last = last.catch(() => undefined).then(write);
      return last;
    },
  };
}
