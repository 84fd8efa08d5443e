import type { Ledger } from '../../ports/ledger.js';

/** One wrong answer in ten, before anybody has judged a teacher. */
const PRIOR_WRONG = 1;
const PRIOR_RIGHT = 9;
/** A teacher is what it was lately. */
const WINDOW_MS = 90 * 24 * 3_600_000;

/**
 * How often each tier is wrong when it answers after a climb, by what people said of its answers: the mean of a beta
 * distribution that begins at one in ten.
 */
export async function teacherNoise({
  ledger,
  domain,
  nowWallMs,
}: {
  readonly ledger: Pick<Ledger, 'review'>;
  readonly domain: string;
  readonly nowWallMs: number;
}): Promise<(teacher: string | undefined) => number> {
  const judged = new Map<string, { right: number; wrong: number }>();
  for await (const page of ledger.review({ domain, sinceWallMs: nowWallMs - WINDOW_MS })) {
    for (const { outcome, feedback } of page) {
      const climbs = outcome.decisions.filter(({ stage, chosen }) => stage === 'continue' && isTier(chosen));
      if (!feedback || climbs.length === 0) continue;
      const count = judged.get(outcome.tier) ?? { right: 0, wrong: 0 };
      judged.set(outcome.tier, count);
      if (feedback.right) count.right++;
      else count.wrong++;
    }
  }
  return (teacher) => {
    const { right, wrong } = judged.get(teacher ?? '') ?? { right: 0, wrong: 0 };
    return (PRIOR_WRONG + wrong) / (PRIOR_WRONG + PRIOR_RIGHT + right + wrong);
  };
}

const isTier = (chosen: string): boolean => chosen !== 'accept' && chosen !== 'abstain';
