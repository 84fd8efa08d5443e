import { InvalidRequestError } from '@terrace/core';
import { describeLearnRun } from '../describe-learning.js';
import { describeFit, showFit } from '../describe-fit.js';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import { startProgress } from '../progress.js';
import type { GlobalFlags } from '../settings.js';
import { withLearning } from './learn-runtime.js';

export interface LearnRunFlags extends GlobalFlags {
  readonly domain?: string;
}

/**
 * `terrace learn run`: fits in this process what has gathered. There is no traffic here to try a candidate on, so one
 * that the gate finds better takes over at once; a server tries it in shadow first.
 */
export async function learnRun(flags: LearnRunFlags, signal: AbortSignal): Promise<number> {
  return withLearning(flags, async ({ learning, runtime }) => {
    if ((await learning.status()).paused) throw paused();
    const progress = startProgress('looking at the lessons', process.stderr, 'steps');
    const options = { signal, onProgress: showFit(progress), passed: 'promote' } as const;
    const runs = await learning.runNow(flags.domain, options).finally(() => progress.end());
    if (flags.json) printJson({ runs });
    else if (runs.length === 0) print('There are no lessons yet.');
    else {
      for (const run of runs) {
        print(describeLearnRun(run));
        if (run.kind !== 'fitted') continue;
        // A fit of lessons is put in force after it, by whoever asked for it.
        const report = { ...run.report, promoted: run.next === 'promoted' };
        print(describeFit(report, (await runtime.deltas.revisions(report.domain)).inForce));
      }
    }
    return EXIT.answered;
  });
}

const paused = (): InvalidRequestError =>
  new InvalidRequestError({
    message: 'Learning is paused: nothing is fitted and nothing promoted.',
    hint: 'Let it go on with `terrace learn resume`, or fit on rows of your own with `terrace delta fit`.',
  });
