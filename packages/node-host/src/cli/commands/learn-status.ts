import { describeLearning } from '../describe-learning.js';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { withLearning } from './learn-runtime.js';

/** `terrace learn status`: what was learnt from what, and how much climbing it saved. */
export async function learnStatusCommand(flags: GlobalFlags): Promise<number> {
  return withLearning(flags, async ({ learning, settings }) => {
    const status = await learning.status();
    const lessons = await learning.lessons.count();
    if (flags.json) printJson({ on: settings.learning, ...status, lessons });
    else print(describeLearning({ on: settings.learning, status, lessons }));
    return EXIT.answered;
  });
}
