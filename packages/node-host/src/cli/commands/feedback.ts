import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseFeedback, type FeedbackRecord, type OutcomeRecord } from '@terrace/core';
import type { Heard } from '@terrace/core/deltas';
import { lessonsFile } from '../../learn/lessons-file.js';
import { openRecoveringLedger } from '../../ledger/recovering-ledger.js';
import { systemClock } from '../../system-clock.js';
import { print, printJson, warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

export interface FeedbackFlags extends GlobalFlags {
  /** What the answer should have been. */
  readonly correction?: string;
  readonly comment?: string;
}

/** `terrace feedback REQUEST right|wrong`: what somebody found out about an answer, into the ledger. */
export async function feedbackCommand(
  requestId: string,
  said: 'right' | 'wrong',
  flags: FeedbackFlags,
): Promise<number> {
  const { correction, comment } = flags;
  const given = { ...(correction !== undefined && { correction }), ...(comment !== undefined && { comment }) };
  const record = parseFeedback({ requestId, right: said === 'right', ...given }, systemClock.wallMs());
  const settings = await readSettings(flags);
  const ledger = await openRecoveringLedger({
    file: join(settings.home, 'ledger.db'),
    clock: systemClock,
    onWarning: ({ message }) => warn(message),
  });
  try {
    await ledger.append([{ kind: 'feedback', record }]);
    const outcome = await ledger.outcome(requestId);
    const heard = await teach(settings.home, record);
    const lesson = heard?.kind === 'lesson' ? heard.label : null;
    if (flags.json)
      printJson({
        ...inJson(record),
        known: outcome !== undefined,
        tier: outcome?.tier ?? null,
        ...(lesson !== null && { lesson }),
      });
    else print(`${inWords(record, outcome)}${lesson === null ? '' : `; a lesson in ${lesson}`}`);
    if (!outcome) warn('no request of this id is in the ledger; the feedback is kept for when its outcome arrives');
    return 0;
  } finally {
    await ledger.close();
  }
}

/** Where texts are kept to learn from, a person's word is a lesson. */
async function teach(home: string, record: FeedbackRecord): Promise<Heard | undefined> {
  const file = lessonsFile(home);
  if (!existsSync(file)) return undefined;
  const [{ hearFeedback }, { createLazyLessons }] = await Promise.all([
    import('@terrace/core/deltas'),
    import('../../learn/lazy-lessons.js'),
  ]);
  const lessons = createLazyLessons({ file, clock: systemClock, onWarning: ({ message }) => warn(message) });
  try {
    return await hearFeedback(lessons, record);
  } finally {
    await lessons.close();
  }
}

const inJson = ({ requestId, right, correction, comment }: FeedbackRecord) => ({
  requestId,
  right,
  correction: correction ?? null,
  comment: comment ?? null,
});

function inWords({ requestId, right, correction }: FeedbackRecord, outcome: OutcomeRecord | undefined): string {
  const by = outcome?.tier ? ` by ${outcome.tier}` : '';
  const instead = correction === undefined ? '' : `; it should have been ${correction}`;
  return `noted: the answer to ${requestId}${by} was ${right ? 'right' : 'wrong'}${instead}`;
}
