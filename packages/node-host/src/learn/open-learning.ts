import type { Clock, Ledger } from '@terrace/core';
import {
  createLearning,
  type LearnControl,
  type Learning,
  type LearningPorts,
  type LearningSettings,
  type LessonStore,
} from '@terrace/core/deltas';
import { createLazyLessons } from './lazy-lessons.js';
import { lessonsFile } from './lessons-file.js';

/** Learning on this device, and the lessons it learns from. */
export interface NodeLearning extends Learning, LearnControl {
  readonly lessons: LessonStore;
}

export interface LearningOptions extends Pick<LearningPorts, 'deltas' | 'revisions' | 'workshop' | 'catalog'> {
  readonly home: string;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly settings?: Partial<LearningSettings> | undefined;
  readonly onFailure: (error: unknown) => void;
}

export function openLearning({ home, ...ports }: LearningOptions): NodeLearning {
  const { clock, onFailure } = ports;
  const lessons = createLazyLessons({ file: lessonsFile(home), clock, onWarning: onFailure });
  const learning = createLearning({ ...ports, lessons, random: Math.random });
  return {
    lessons,
    observe: (observation) => learning.observe(observation),
    distrusts: (ask) => learning.distrusts(ask),
    status: () => learning.status(),
    runNow: (domain, options) => learning.runNow(domain, options),
    pause: () => learning.pause(),
    resume: () => learning.resume(),
    feedback: (record) => learning.feedback(record),
    close: async () => {
      await learning.close();
      await lessons.close();
    },
  };
}
