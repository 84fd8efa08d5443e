import { join } from 'node:path';
import { readReport } from '@terrace/core';
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
    const { since: sinceMs, domain, maxRisk } = flags;
    const query = { sinceMs, domain, maxRisk };
    const report = await readReport({ ledger, catalog: folders.current(), clock: systemClock, query, signal });
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
