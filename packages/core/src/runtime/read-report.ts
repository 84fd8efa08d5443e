import type { Catalog } from '../catalog/schema.js';
import type { LedgerReport } from '../evaluate/ledger-report.js';
import { createLedgerTally } from '../evaluate/ledger-tally.js';
import type { Clock } from '../ports/clock.js';
import type { Ledger } from '../ports/ledger.js';
import { cloudReference } from './cloud-reference.js';

/** What a report is about; everything without any of it. */
export interface ReportQuery {
  /** How far back, in milliseconds. */
  readonly sinceMs?: number | undefined;
  readonly domain?: string | undefined;
  /** Most of the accepted answers that may be wrong, in [0, 1]: what drift is measured against. */
  readonly maxRisk?: number | undefined;
}

/**
 * What a ledger shows, and what everything having gone to the cloud would have taken.
 * @throws StorageError when the ledger cannot be read to its end, the signal's reason
 */
export async function readReport({
  ledger,
  catalog,
  clock,
  query: { sinceMs, domain, maxRisk },
  signal,
}: {
  readonly ledger: Pick<Ledger, 'review' | 'statistics'>;
  readonly catalog: Pick<Catalog, 'endpoints' | 'deltas'>;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly query: ReportQuery;
  readonly signal?: AbortSignal | undefined;
}): Promise<LedgerReport> {
  const tally = createLedgerTally(cloudReference({ catalog, statistics: await ledger.statistics(), domain }));
  const wanted = {
    ...(domain !== undefined && { domain }),
    ...(sinceMs !== undefined && { sinceWallMs: clock.wallMs() - sinceMs }),
  };
  for await (const page of ledger.review(wanted)) {
    signal?.throwIfAborted();
    for (const { outcome, feedback } of page) tally.add(outcome, feedback);
  }
  return tally.report(maxRisk);
}
