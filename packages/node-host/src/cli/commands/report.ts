import { join } from 'node:path';
import {
  cloudReference,
  createLedgerTally,
  type Catalog,
  type Clock,
  type Ledger,
  type LedgerReport,
} from '@terrace/core';
import { openRecoveringLedger } from '../../ledger/recovering-ledger.js';
import { openModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { systemClock } from '../../system-clock.js';
import { describeReport } from '../describe-report.js';
import { print, warn } from '../output.js';
import { startProgress } from '../progress.js';
import { readSettings, type GlobalFlags } from '../settings.js';

export interface ReportFlags extends GlobalFlags {
  /** How far back, in milliseconds. */
  readonly since?: number;
  readonly domain?: string;
  readonly maxRisk?: number;
}

/** `terrace report`: what the ledger shows, and what everything having gone to the cloud would have taken. */
export async function reportCommand(flags: ReportFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  const { home, models, requireSignatures } = settings;
  const folders = await openModelFolders({
    shipped: models,
    added: join(home, 'models'),
    fetcher: await openFetcher(settings),
    requireSignatures,
  });
  const ledger = await openRecoveringLedger({
    file: join(home, 'ledger.db'),
    clock: systemClock,
    onWarning: ({ message }) => warn(message),
  });
  const progress = startProgress('reading the ledger');
  try {
    const report = await readReport({ ledger, catalog: folders.current(), clock: systemClock, flags, signal });
    progress.end();
    // What is unknown is null: a program finds every field.
    if (flags.json) print(JSON.stringify(report, (_, value: unknown) => (value === undefined ? null : value), 2));
    else print(describeReport(report, flags));
    return 0;
  } finally {
    progress.end();
    await ledger.close();
  }
}

/** @throws StorageError when the ledger cannot be read to its end */
export async function readReport({
  ledger,
  catalog,
  clock,
  flags,
  signal,
}: {
  ledger: Pick<Ledger, 'review' | 'statistics'>;
  catalog: Pick<Catalog, 'endpoints' | 'deltas'>;
  clock: Pick<Clock, 'wallMs'>;
  flags: Pick<ReportFlags, 'since' | 'domain' | 'maxRisk'>;
  signal: AbortSignal;
}): Promise<LedgerReport> {
  const { since, domain, maxRisk } = flags;
  const tally = createLedgerTally(cloudReference({ catalog, statistics: await ledger.statistics(), domain }));
  const query = {
    ...(domain !== undefined && { domain }),
    ...(since !== undefined && { sinceWallMs: clock.wallMs() - since }),
  };
  for await (const page of ledger.review(query)) {
    signal.throwIfAborted();
    for (const { outcome, feedback } of page) tally.add(outcome, feedback);
  }
  return tally.report(maxRisk);
}
