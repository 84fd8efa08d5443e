import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FeedbackRecord, Ledger, LedgerEntry, OutcomeRecord, ReviewedOutcome, RunRecord } from '@terrace/core';
import { createMemoryLedger, feedbackEntry, loadEntry, outcomeEntry, runEntry } from '@terrace/core/testing';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqliteLedger } from './sqlite-ledger.js';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-ledger-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

// A database keeps no sign of zero, no NUL and no lone surrogate.
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const text = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((value) => !value.includes('\0'));
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const variantId = fc.constantFrom('v1', 'v2', 'v3');

// Few, so that feedback meets outcomes, and some is given twice.
const requestId = fc.constantFrom('r1', 'r2', 'r3');

const decision = fc.record(
  {
    stage: fc.constantFrom('start' as const, 'continue' as const),
    path: text,
    chosen: text,
    alternatives: fc.dictionary(
      text.filter((key) => key !== '__proto__'),
      number,
      { maxKeys: 3, noNullPrototype: true },
    ),
    confidence: maybe(number),
  },
  { noNullPrototype: true },
);
const outcome = fc
  .record({
    requestId,
    domain: maybe(text),
    reason: maybe(text),
    confidence: maybe(number),
    atWallMs: number,
    costUsd: number,
    sentBytes: number,
    audit: fc.boolean(),
    placement: fc.constantFrom('device' as const, 'site' as const, 'cloud' as const),
    decisions: fc.array(decision, { maxLength: 3 }),
  })
  .map(outcomeEntry);
const run = fc.record({ variantId, latencyMs: number, tokens: number }).map(runEntry);
const load = fc.record({ variantId, replaces: maybe(text), loadMs: number, peakMemoryBytes: number }).map(loadEntry);
const feedback = fc
  .record({ requestId, right: fc.boolean(), correction: maybe(text), comment: maybe(text), atWallMs: number })
  .map(feedbackEntry);
const entries = fc.array(fc.oneof<fc.Arbitrary<LedgerEntry>[]>(outcome, run, load, feedback), { maxLength: 8 });

const implementations = [
  { name: 'memory', open: async (): Promise<Ledger> => createMemoryLedger() },
  { name: 'SQLite', open: () => openSqliteLedger({ file: join(folder, `${(files += 1)}.db`) }) },
];

describe.each(implementations)('the $name ledger', ({ open }) => {
  const withLedger = async (use: (ledger: Ledger) => Promise<void>): Promise<void> => {
    const ledger = await open();
    await use(ledger).finally(() => ledger.close());
  };

  it('reads back any sequence of appends in order and complete', async () => {
    const property = fc.asyncProperty(fc.array(entries, { maxLength: 5 }), (calls) =>
      withLedger(async (ledger) => {
        for (const call of calls) await ledger.append(call);
        const all = calls.flat();
        const outcomes = recordsOf(all, 'outcome').toReversed();
        const words = recordsOf(all, 'feedback').toReversed();
        expect(await ledger.outcomes({ limit: 10_000 })).toStrictEqual(outcomes);
        expect(await ledger.feedback({ limit: 10_000 })).toStrictEqual(words);
        expect(await reviewed(ledger)).toStrictEqual(naiveReview(outcomes, words));
        for (const id of ['r1', 'r2', 'r3', 'r4'])
          expect(await ledger.outcome(id)).toStrictEqual(outcomes.find((record) => record.requestId === id));
      }),
    );
    await fc.assert(property, { numRuns: 50 });
  }, 30_000);

  it('finds the same outcomes of a domain and a time as a naive search', async () => {
    const queries = fc.record({ domain: maybe(text), sinceWallMs: number });
    const property = fc.asyncProperty(fc.array(outcome, { maxLength: 20 }), queries, (all, { domain, sinceWallMs }) =>
      withLedger(async (ledger) => {
        await ledger.append(all);
        const wanted = recordsOf(all, 'outcome')
          .filter((each) => (domain === undefined || each.domain === domain) && each.atWallMs >= sinceWallMs)
          .toReversed();
        const query = { sinceWallMs, ...(domain !== undefined && { domain }) };
        expect(await ledger.outcomes(query)).toStrictEqual(wanted);
        expect(await reviewed(ledger, query)).toStrictEqual(naiveReview(wanted, []));
      }),
    );
    await fc.assert(property, { numRuns: 30 });
  }, 30_000);

  it('loses nothing of any set of concurrent appends', async () => {
    const property = fc.asyncProperty(fc.array(entries, { maxLength: 20 }), (calls) =>
      withLedger(async (ledger) => {
        await Promise.all(calls.map((call) => ledger.append(call)));
        const records = calls.flat().flatMap((entry) => (entry.kind === 'outcome' ? [entry.record] : []));
        expect(await ledger.outcomes({ limit: 10_000 })).toStrictEqual(records.toReversed());
        expect(await ledger.statistics()).toStrictEqual(naiveStatistics(calls.flat()));
      }),
    );
    await fc.assert(property, { numRuns: 30 });
  });

  it('computes the same statistics as a naive computation over many runs', async () => {
    const latencies = fc.array(fc.tuple(variantId, number), { minLength: 150, maxLength: 700, size: 'max' });
    const property = fc.asyncProperty(latencies, fc.array(load, { maxLength: 20 }), (pairs, loads) =>
      withLedger(async (ledger) => {
        const all = [...pairs.map(([id, latencyMs]) => runEntry({ variantId: id, latencyMs })), ...loads];
        await ledger.append(all);
        expect(await ledger.statistics()).toStrictEqual(naiveStatistics(all));
      }),
    );
    await fc.assert(property, { numRuns: 15 });
  });
});

function recordsOf<K extends LedgerEntry['kind']>(all: readonly LedgerEntry[], kind: K) {
  return all.flatMap((entry) =>
    entry.kind === kind ? [entry.record as Extract<LedgerEntry, { kind: K }>['record']] : [],
  );
}

async function reviewed(ledger: Ledger, query?: Parameters<Ledger['review']>[0]): Promise<ReviewedOutcome[]> {
  const all: ReviewedOutcome[] = [];
  for await (const page of ledger.review(query)) all.push(...page);
  return all;
}

/** @param words newest first */
const naiveReview = (outcomes: readonly OutcomeRecord[], words: readonly FeedbackRecord[]): ReviewedOutcome[] =>
  outcomes.map((record) => ({ outcome: record, feedback: words.find((word) => word.requestId === record.requestId) }));

/** Nearest rank by its definition: the smallest value that at least `share` of all values do not exceed. */
function rank(values: readonly number[], share: number): number | undefined {
  if (values.length === 0) return undefined;
  const reached = values.filter((value) => values.filter((other) => other <= value).length >= share * values.length);
  return Math.min(...reached);
}

function naiveStatistics(all: readonly LedgerEntry[]) {
  const runs = all.flatMap((entry): RunRecord[] => (entry.kind === 'run' ? [entry.record] : []));
  return ['v1', 'v2', 'v3'].flatMap((id) => {
    const values = runs
      .filter((record) => record.variantId === id)
      .map((record) => record.latencyMs)
      .slice(-200);
    const loads = all.flatMap((entry) =>
      entry.kind === 'load' && entry.record.variantId === id ? [entry.record] : [],
    );
    const peaks = loads.slice(-5).map((record) => record.peakMemoryBytes);
    if (values.length === 0 && loads.length === 0) return [];
    return [
      {
        variantId: id,
        runs: values.length,
        p50Ms: rank(values, 0.5),
        p95Ms: rank(values, 0.95),
        peakMemoryBytes: peaks.toSorted((a, b) => a - b)[Math.floor(peaks.length / 2)],
        loadMs: loads.at(-1)?.loadMs,
      },
    ];
  });
}
