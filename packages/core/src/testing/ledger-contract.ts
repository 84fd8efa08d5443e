import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StorageError } from '../errors/storage-error.js';
import type {
  FeedbackRecord,
  Ledger,
  LedgerEntry,
  LoadRecord,
  OutcomeRecord,
  ReviewedOutcome,
  RunRecord,
} from '../ports/ledger.js';

/** An outcome with every field set, as an entry. */
export function outcomeEntry(changes: Partial<OutcomeRecord> = {}): LedgerEntry & { kind: 'outcome' } {
  const none = { path: '', confidence: undefined } as const;
  const route = {
    stage: 'route',
    window: 'w1',
    chosen: 'small',
    alternatives: { small: 0.7, big: 0.3 },
    ...none,
  } as const;
  const start = {
    stage: 'start',
    chosen: 'nano',
    alternatives: { nano: 0.9, base: 0.1 },
    ...none,
  } as const;
  const decisions = [
    route,
    start,
    { stage: 'continue', path: 'nano', chosen: 'accept', alternatives: { accept: 1 }, confidence: 1 / 3 },
  ] as const;
  const ids = {
    requestId: 'r1',
    catalogRevision: 'c'.repeat(64),
    ladderRevision: 'd'.repeat(64),
    tier: 'nano',
    path: 'nano',
  };
  const about = { task: 'text-classification', domain: 'bank', subDomain: 'cards', placement: 'device' } as const;
  const end = { verdict: 'accept', reason: 'häßlich "reason" 🪜', error: undefined } as const;
  const quality = { degraded: true, confidence: 0.1 + 0.2 };
  const costs = { textBytes: 40, tokens: 12, totalMs: 1.25, costUsd: 1e-9, sentBytes: 512, energyJoules: 0.03 };
  const audit = { audit: true, auditProbability: 0.02, key: 'kiosk' };
  return {
    kind: 'outcome',
    record: { atWallMs: 1.7e12 + 0.5, ...ids, ...about, ...end, ...quality, ...costs, ...audit, decisions, ...changes },
  };
}

export function runEntry(changes: Partial<RunRecord> = {}): LedgerEntry & { kind: 'run' } {
  const run = { requestId: 'r1', atWallMs: 1.7e12, variantId: 'v1', tier: 'nano', tokens: 12, latencyMs: 3.5 };
  return { kind: 'run', record: { ...run, ...changes } };
}

export function loadEntry(changes: Partial<LoadRecord> = {}): LedgerEntry & { kind: 'load' } {
  const costs = { loadMs: 80, bytesRead: 9e6, peakMemoryBytes: 6e7, warmRunMs: 4 };
  return {
    kind: 'load',
    record: { atWallMs: 1.7e12, variantId: 'v1', tier: 'nano', replaces: undefined, ...costs, ...changes },
  };
}

export function feedbackEntry(changes: Partial<FeedbackRecord> = {}): LedgerEntry & { kind: 'feedback' } {
  const said = { right: false, correction: 'häßlich "label" 🪜', comment: 'two\nlines' };
  return { kind: 'feedback', record: { requestId: 'r1', atWallMs: 1.7e12, ...said, ...changes } };
}

export interface OpenedLedger {
  readonly ledger: Ledger;
  /** Another view of the same data, as after a restart; none when the data lasts no longer than the object. */
  readonly reopen?: () => Promise<Ledger>;
}

/** How a call ended, for comparing: `kept`, `refused` with a StorageError, or another error. */
function ending(result: PromiseSettledResult<unknown>): unknown {
  if (result.status === 'fulfilled') return 'kept';
  return StorageError.isInstance(result.reason) ? 'refused' : result.reason;
}

/** Whether a call failed for what was in it, and not for the state of the disk. */
const isEntryFault = (result: PromiseSettledResult<unknown>): boolean =>
  result.status === 'rejected' && StorageError.isInstance(result.reason) && result.reason.facts['fault'] === 'entry';

/** What every Ledger does. @param open a new, empty ledger for each test; the suite closes it */
export function describeLedgerContract(name: string, open: () => Promise<OpenedLedger>): void {
  describe(`${name} as a ledger`, () => {
    let opened: OpenedLedger;
    let ledger: Ledger;
    beforeEach(async () => {
      opened = await open();
      ledger = opened.ledger;
    });
    afterEach(() => ledger.close());
    const requestIds = async (query?: Parameters<Ledger['outcomes']>[0]) =>
      (await ledger.outcomes(query)).map((outcome) => outcome.requestId);

    const reviewed = async (query?: Parameters<Ledger['review']>[0]): Promise<ReviewedOutcome[]> => {
      const all: ReviewedOutcome[] = [];
      for await (const page of ledger.review(query)) all.push(...page);
      return all;
    };

    it('gives back every field of an outcome as it was appended', async () => {
      const none = {
        domain: undefined,
        subDomain: undefined,
        ladderRevision: undefined,
        reason: undefined,
        confidence: undefined,
      };
      const sparse = outcomeEntry({
        ...none,
        decisions: [],
        degraded: false,
        audit: false,
        verdict: 'abstain',
        tokens: 0,
      });
      const extreme = outcomeEntry({ totalMs: Number.MAX_VALUE, costUsd: 5e-324, textBytes: 2 ** 53 - 1, reason: '' });
      await ledger.append([outcomeEntry(), sparse, extreme]);
      expect(await ledger.outcomes()).toStrictEqual([extreme.record, sparse.record, outcomeEntry().record]);
    });

    it('gives back how an answer was generated, and nothing of it where none was', async () => {
      const text = { inputTokens: 40, outputTokens: 8, firstTokenMs: 93.5, tokensPerSecond: 41.25 };
      const unshown = { inputTokens: 0, outputTokens: 0, firstTokenMs: undefined, tokensPerSecond: undefined };
      const entries = [outcomeEntry({ text }), outcomeEntry({ text: unshown }), outcomeEntry()];
      await ledger.append([...entries, feedbackEntry()]);
      const records = entries.map(({ record }) => record).toReversed();
      expect(await ledger.outcomes()).toStrictEqual(records);
      expect(await ledger.outcome('r1')).toStrictEqual(records[0]);
      expect((await reviewed()).map(({ outcome }) => outcome)).toStrictEqual(records);
    });

    it('gives back what the cache did, and nothing of it where it had no say', async () => {
      const saved = { savedUsd: 0.25, savedTokens: 48, savedMs: 812.5 };
      const nothing = { savedUsd: 0, savedTokens: 0, savedMs: 0 };
      const entries = [
        outcomeEntry({ cache: { kind: 'exact', ...saved } }),
        outcomeEntry({ cache: { kind: 'semantic', ...saved } }),
        outcomeEntry({ cache: { kind: 'audit', ...nothing, right: false, probability: 0.02 } }),
        outcomeEntry({ cache: { kind: 'audit', ...nothing, right: true, probability: 1 } }),
        outcomeEntry(),
      ];
      await ledger.append([...entries, feedbackEntry()]);
      const records = entries.map(({ record }) => record).toReversed();
      expect(await ledger.outcomes()).toStrictEqual(records);
      expect((await reviewed()).map(({ outcome }) => outcome)).toStrictEqual(records);
    });

    it('gives back requests that failed or were aborted, which have no answer', async () => {
      const none = { tier: '', path: '', confidence: undefined, reason: undefined };
      const failed = outcomeEntry({ ...none, verdict: 'failed', error: 'ENGINE_FAILED' });
      const aborted = outcomeEntry({ ...none, verdict: 'aborted', error: 'ABORTED', decisions: [] });
      await ledger.append([failed, aborted]);
      expect(await ledger.outcomes()).toStrictEqual([aborted.record, failed.record]);
    });

    it('takes statistics in the order of appending, whatever the wall clock did', async () => {
      const wallTimes = [4e12, 1, 2e12, -5];
      await ledger.append(wallTimes.map((atWallMs, index) => loadEntry({ atWallMs, loadMs: index })));
      const early = Array.from({ length: 200 }, () => runEntry({ atWallMs: 9e12, latencyMs: 500 }));
      const late = Array.from({ length: 200 }, () => runEntry({ atWallMs: 0, latencyMs: 5 }));
      await ledger.append([...early, ...late]);
      expect(await ledger.statistics()).toMatchObject([{ runs: 200, p50Ms: 5, p95Ms: 5, loadMs: 3 }]);
    });

    it('lists the newest outcomes first: the last appended, whatever their clock said', async () => {
      await ledger.append([
        outcomeEntry({ requestId: 'first', atWallMs: 9 }),
        outcomeEntry({ requestId: 'second', atWallMs: 1 }),
      ]);
      await ledger.append([outcomeEntry({ requestId: 'third', atWallMs: 5 })]);
      expect(await requestIds()).toEqual(['third', 'second', 'first']);
      expect(await requestIds({ limit: 2 })).toEqual(['third', 'second']);
      expect(await requestIds({ limit: 0 })).toEqual([]);
    });

    it('lists the outcomes of one domain only when asked', async () => {
      const domains = ['bank', undefined, 'clinic', 'bank'];
      await ledger.append(domains.map((domain, index) => outcomeEntry({ domain, requestId: `r${index}` })));
      expect(await requestIds({ domain: 'bank' })).toEqual(['r3', 'r0']);
      expect(await requestIds({ domain: 'bank', limit: 1 })).toEqual(['r3']);
      expect(await requestIds({ domain: 'nowhere' })).toEqual([]);
    });

    it('lists 100 outcomes unless told, and never more than 10,000', async () => {
      await ledger.append(
        Array.from({ length: 10_001 }, (_, index) => outcomeEntry({ requestId: `r${index}`, decisions: [] })),
      );
      expect(await ledger.outcomes()).toHaveLength(100);
      const all = await requestIds({ limit: Number.POSITIVE_INFINITY });
      expect(all).toEqual(Array.from({ length: 10_000 }, (_, index) => `r${10_000 - index}`));
    });

    it('lists what began at a moment or later, of one domain or all', async () => {
      const times = [5, 9, 7, 3, 9];
      const domains = ['bank', 'bank', 'clinic', 'bank', 'clinic'];
      await ledger.append(
        times.map((atWallMs, index) => outcomeEntry({ atWallMs, requestId: `r${index}`, domain: domains[index] })),
      );
      expect(await requestIds({ sinceWallMs: 7 })).toEqual(['r4', 'r2', 'r1']);
      expect(await requestIds({ sinceWallMs: 7, domain: 'clinic', limit: 1 })).toEqual(['r4']);
      expect(await requestIds({ sinceWallMs: 5, domain: 'bank' })).toEqual(['r1', 'r0']);
      expect(await requestIds({ sinceWallMs: 10 })).toEqual([]);
    });

    it('finds the newest outcome of a request', async () => {
      expect(await ledger.outcome('r1')).toBeUndefined();
      const newest = outcomeEntry({ totalMs: 2 });
      await ledger.append([outcomeEntry({ totalMs: 1 }), newest, outcomeEntry({ requestId: 'r2' })]);
      expect(await ledger.outcome('r1')).toStrictEqual(newest.record);
      expect(await ledger.outcome('R1')).toBeUndefined();
      expect(await ledger.outcome('')).toBeUndefined();
    });

    it('gives back every field of feedback, newest first, and that of unknown requests too', async () => {
      const plain = feedbackEntry({ requestId: 'nobody', right: true, correction: undefined, comment: undefined });
      await ledger.append([feedbackEntry({ atWallMs: 9 }), plain]);
      await ledger.append([feedbackEntry({ atWallMs: 5, comment: '' })]);
      const [first, second, third] = await ledger.feedback();
      expect(first).toStrictEqual(feedbackEntry({ atWallMs: 5, comment: '' }).record);
      expect(second).toStrictEqual(plain.record);
      expect(third).toStrictEqual(feedbackEntry({ atWallMs: 9 }).record);
      expect(await ledger.feedback({ sinceWallMs: 9 })).toStrictEqual([second, third]);
      expect(await ledger.feedback({ limit: 1 })).toStrictEqual([first]);
      expect(await ledger.feedback({ limit: 0 })).toEqual([]);
    });

    it('reviews every outcome, newest first, with the last word on it', async () => {
      expect(await reviewed()).toEqual([]);
      await ledger.append([
        feedbackEntry({ requestId: 'b', right: true }),
        outcomeEntry({ requestId: 'a', domain: 'bank', atWallMs: 1 }),
        outcomeEntry({ requestId: 'b', domain: 'bank', atWallMs: 3 }),
        outcomeEntry({ requestId: 'c', domain: 'clinic', atWallMs: 2 }),
        feedbackEntry({ requestId: 'a', right: true, atWallMs: 9 }),
        // Said later, whatever the clock says.
        feedbackEntry({ requestId: 'a', right: false, atWallMs: 8 }),
        feedbackEntry({ requestId: 'nobody' }),
      ]);
      const all = await reviewed();
      expect(all.map(({ outcome, feedback }) => [outcome.requestId, feedback?.right])).toEqual([
        ['c', undefined],
        ['b', true],
        ['a', false],
      ]);
      expect(all[2]).toStrictEqual({
        outcome: outcomeEntry({ requestId: 'a', domain: 'bank', atWallMs: 1 }).record,
        feedback: feedbackEntry({ requestId: 'a', right: false, atWallMs: 8 }).record,
      });
      const ids = async (query: Parameters<Ledger['review']>[0]) =>
        (await reviewed(query)).map(({ outcome }) => outcome.requestId);
      expect(await ids({ domain: 'bank' })).toEqual(['b', 'a']);
      expect(await ids({ sinceWallMs: 2 })).toEqual(['c', 'b']);
      expect(await ids({ sinceWallMs: 2, domain: 'bank' })).toEqual(['b']);
      expect(await ids({ sinceWallMs: 4 })).toEqual([]);
    });

    it('reviews more outcomes than a query lists, each once, whatever is appended meanwhile', async () => {
      const ids = Array.from({ length: 10_050 }, (_, index) => `r${index}`);
      await ledger.append(ids.map((requestId) => outcomeEntry({ requestId, decisions: [] })));
      const found: string[] = [];
      for await (const page of ledger.review()) {
        if (found.length === 0) await ledger.append([outcomeEntry({ requestId: 'late' })]);
        found.push(...page.map(({ outcome }) => outcome.requestId));
      }
      expect(found).toEqual(ids.toReversed());
    }, 30_000);

    it('keeps nothing of a call with an entry it cannot keep, and everything of the calls beside it', async () => {
      const bad = (entry: LedgerEntry) => ledger.append([outcomeEntry({ requestId: 'lost' }), runEntry(), entry]);
      const results = await Promise.allSettled([
        ledger.append([outcomeEntry({ requestId: 'kept-1' })]),
        bad(outcomeEntry({ totalMs: Number.NaN })),
        bad(runEntry({ latencyMs: Number.POSITIVE_INFINITY })),
        bad(loadEntry({ variantId: 'a\0b' })),
        bad(outcomeEntry({ reason: '\ud800' })),
        bad(feedbackEntry({ comment: 'a\0b' })),
        ledger.append([outcomeEntry({ requestId: 'kept-2' })]),
      ]);
      expect(results.map(ending)).toEqual(['kept', ...Array.from({ length: 5 }, () => 'refused'), 'kept']);
      expect(results.map(isEntryFault)).toEqual([false, true, true, true, true, true, false]);
      expect(await requestIds()).toEqual(['kept-2', 'kept-1']);
      expect(await ledger.statistics()).toEqual([]);
      expect(await ledger.feedback()).toEqual([]);
    });

    it('loses nothing of concurrent calls and keeps the order in which they were made', async () => {
      const ids = Array.from({ length: 250 }, (_, index) => `r${index}`);
      await Promise.all(ids.map((requestId) => ledger.append([outcomeEntry({ requestId }), runEntry({ requestId })])));
      expect(await requestIds({ limit: 1000 })).toEqual(ids.toReversed());
      expect(await ledger.statistics()).toMatchObject([{ runs: 200 }]);
    });

    it('is not changed by what the caller does to an entry afterwards', async () => {
      const entry = outcomeEntry({ requestId: 'before' });
      const appended = ledger.append([entry]);
      Object.assign(entry.record, { requestId: 'after' });
      await appended;
      expect(await requestIds()).toEqual(['before']);
    });

    it('takes statistics by nearest rank over the latest 200 runs of each variant', async () => {
      const slow = Array.from({ length: 50 }, () => runEntry({ variantId: 'b', latencyMs: 9999 }));
      const latest = Array.from({ length: 200 }, (_, index) => runEntry({ variantId: 'b', latencyMs: 200 - index }));
      const few = [4, 2, 3, 1].map((latencyMs) => runEntry({ variantId: 'a', latencyMs }));
      await ledger.append([...slow, ...latest, ...few]);
      const noLoad = { peakMemoryBytes: undefined, loadMs: undefined };
      expect(await ledger.statistics()).toStrictEqual([
        { variantId: 'a', runs: 4, p50Ms: 2, p95Ms: 4, ...noLoad },
        { variantId: 'b', runs: 200, p50Ms: 100, p95Ms: 190, ...noLoad },
      ]);
    });

    it('takes the median peak memory of the latest 5 loads and the time of the newest, before the first run too', async () => {
      const peaks = [900, 10, 50, 20, 30, 40];
      await ledger.append(peaks.map((peakMemoryBytes, index) => loadEntry({ peakMemoryBytes, loadMs: 100 + index })));
      const unknown = { p50Ms: undefined, p95Ms: undefined };
      expect(await ledger.statistics()).toMatchObject([{ variantId: 'v1', runs: 0, ...unknown, peakMemoryBytes: 30 }]);
      await ledger.append([runEntry()]);
      expect(await ledger.statistics()).toMatchObject([{ variantId: 'v1', runs: 1, peakMemoryBytes: 30, loadMs: 105 }]);
    });

    it('takes an empty call, finishes calls under way when closed, and refuses later ones', async () => {
      await ledger.append([]);
      const underWay = ledger.append([outcomeEntry()]);
      await Promise.all([ledger.close(), ledger.close()]);
      await expect(underWay).resolves.toBeUndefined();
      const refused = await Promise.allSettled([
        ledger.append([outcomeEntry()]),
        ledger.outcomes(),
        ledger.outcome('r1'),
        ledger.feedback(),
        reviewed(),
        ledger.statistics(),
      ]);
      expect(new Set(refused.map(ending))).toEqual(new Set(['refused']));
      const again = await opened.reopen?.();
      if (again === undefined) return;
      expect(await again.outcomes()).toStrictEqual([outcomeEntry().record]);
      await again.close();
    });
  });
}
