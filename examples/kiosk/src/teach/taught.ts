import type { BrowserRuntime } from '@terrace/browser-host';

type Deltas = BrowserRuntime['deltas'];

/** What a fit came to, and what it is made of. */
export type FitReport = Awaited<ReturnType<Deltas['fit']>>;
export type DataReport = FitReport['data'];
export type DataFinding = DataReport['findings'][number];
export type Decision = FitReport['decision'];

export type FitProgress = Parameters<NonNullable<NonNullable<Parameters<Deltas['fit']>[1]>['onProgress']>>[0];
export type FitStage = FitProgress['stage'];

/** Every revision of a domain that was kept here, and which is in force. */
export type Revisions = Awaited<ReturnType<Deltas['revisions']>>;
export type Revision = Revisions['revisions'][number];
