import type { FeedbackRecord, OutcomeRecord } from '../ports/ledger.js';
import type { CloudReference, LedgerReport } from './ledger-report.js';
import { createLedgerTally } from './ledger-tally.js';

/**
 * What a ledger shows: how requests were answered, how well as far as somebody said so, and what it took beside
 * everything having gone to the cloud.
 * @param outcomes newest first
 * @param feedback newest first, so that the first word on a request here is the last that was said
 */
export function summariseLedger({
  outcomes,
  feedback,
  cloud,
  maxRisk,
}: {
  outcomes: Iterable<OutcomeRecord>;
  feedback: readonly FeedbackRecord[];
  cloud: CloudReference;
  maxRisk?: number | undefined;
}): LedgerReport {
  const lastWords = new Map(feedback.toReversed().map((word) => [word.requestId, word]));
  const tally = createLedgerTally(cloud);
  for (const outcome of outcomes) tally.add(outcome, lastWords.get(outcome.requestId));
  return tally.report(maxRisk);
}
