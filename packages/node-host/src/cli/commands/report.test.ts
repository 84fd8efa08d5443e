import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readReport, type Ledger, type ReportQuery } from '@terrace/core';
import { feedbackEntry, outcomeEntry, runEntry } from '@terrace/core/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openSqliteLedger } from '../../ledger/sqlite-ledger.js';

const NOW_MS = 1e9;
let folder: string;
let ledger: Ledger;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-report-'));
  ledger = await openSqliteLedger({ file: join(folder, 'ledger.db') });
});
afterEach(async () => {
  await ledger.close();
  rmSync(folder, { recursive: true });
});

const report = (query: ReportQuery = {}, signal = new AbortController().signal) =>
  readReport({ ledger, catalog: { deltas: [] }, clock: { wallMs: () => NOW_MS }, query, signal });

it('reads an empty ledger', async () => {
  expect(await report()).toMatchObject({ requests: 0, cloud: { id: 'cloud' }, drift: [] });
});

it('reads every page of the ledger, with the last word on each outcome', async () => {
  const ids = Array.from({ length: 600 }, (_, index) => `r${index}`);
  await ledger.append(ids.map((requestId) => outcomeEntry({ requestId, decisions: [], confidence: 0.9 })));
  await ledger.append(ids.slice(0, 100).map((requestId) => feedbackEntry({ requestId, right: false })));
  await ledger.append(ids.slice(0, 60).map((requestId) => feedbackEntry({ requestId, right: true })));
  const { requests, feedback, drift } = await report();
  expect(requests).toBe(600);
  expect(feedback.right).toMatchObject({ n: 100, count: 60 });
  expect(drift).toMatchObject([{ tier: 'nano', wrong: 40, basis: 'confidence' }]);
  expect((await report({ maxRisk: 0.6 })).drift).toEqual([]);
});

it('counts only what is asked for', async () => {
  await ledger.append([
    outcomeEntry({ requestId: 'old', atWallMs: NOW_MS - 5001 }),
    outcomeEntry({ requestId: 'new', atWallMs: NOW_MS - 5000 }),
    outcomeEntry({ requestId: 'other', domain: 'clinic', atWallMs: NOW_MS }),
    runEntry(),
  ]);
  const counted = async (query: ReportQuery): Promise<number> => (await report(query)).requests;
  expect(await counted({})).toBe(3);
  expect(await counted({ sinceMs: 5000 })).toBe(2);
  expect(await counted({ domain: 'bank' })).toBe(2);
  expect(await counted({ domain: 'bank', sinceMs: 5000 })).toBe(1);
  expect(await counted({ domain: 'nowhere' })).toBe(0);
});

it('ends when the signal aborts', async () => {
  await ledger.append([outcomeEntry()]);
  const interrupted = new Error('interrupted');
  await expect(report({}, AbortSignal.abort(interrupted))).rejects.toBe(interrupted);
});
