import { StorageError } from '../errors/storage-error.js';
import type {
  FeedbackRecord,
  Ledger,
  LedgerEntry,
  LoadRecord,
  OutcomeRecord,
  RunRecord,
  VariantStatistics,
} from '../ports/ledger.js';

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;
const LATEST_RUNS = 200;
const LATEST_LOADS = 5;

/** A ledger that lasts as long as the object: for tests, and the plainest statement of what a ledger does. */
export function createMemoryLedger(): Ledger {
  const kept: LedgerEntry[] = [];
  let closed = false;
  const checkOpen = (): void => {
    if (closed) throw failure('The ledger is closed', 'Create another one.');
  };

  return {
    async append(entries) {
      checkOpen();
      for (const { record } of entries) checkValue(record);
      kept.push(...entries.map(copy));
    },
    async outcomes({ limit, ...query } = {}) {
      checkOpen();
      return newest(records(kept, 'outcome').filter(isWanted(query)), limit);
    },
    async outcome(requestId) {
      checkOpen();
      return records(kept, 'outcome').findLast((outcome) => outcome.requestId === requestId);
    },
    async *review(query = {}) {
      checkOpen();
      const lastWords = new Map(records(kept, 'feedback').map((word) => [word.requestId, word]));
      const outcomes = records(kept, 'outcome').filter(isWanted(query)).toReversed();
      if (outcomes.length === 0) return;
      yield outcomes.map((outcome) => ({ outcome, feedback: lastWords.get(outcome.requestId) }));
    },
    async feedback({ limit, sinceWallMs = -Infinity } = {}) {
      checkOpen();
      return newest<FeedbackRecord>(
        records(kept, 'feedback').filter(({ atWallMs }) => atWallMs >= sinceWallMs),
        limit,
      );
    },
    async statistics() {
      checkOpen();
      const runs = records(kept, 'run');
      const loads = records(kept, 'load');
      const variantIds = [...new Set([...runs, ...loads].map(({ variantId }) => variantId))].toSorted();
      return variantIds.map((variantId) => statisticsOf({ variantId, runs, loads }));
    },
    async close() {
      closed = true;
    },
  };
}

/** Those that were appended last, the newest of them first. */
const newest = <T>(kept: readonly T[], limit = DEFAULT_LIMIT): T[] =>
  kept.toReversed().slice(0, Math.max(0, Math.min(Math.trunc(limit), MAX_LIMIT)));

const isWanted =
  ({ domain, sinceWallMs = -Infinity }: { readonly domain?: string; readonly sinceWallMs?: number }) =>
  (outcome: OutcomeRecord): boolean =>
    (domain === undefined || outcome.domain === domain) && outcome.atWallMs >= sinceWallMs;

type RecordOf<K extends LedgerEntry['kind']> = Extract<LedgerEntry, { kind: K }>['record'];

function records<K extends LedgerEntry['kind']>(kept: readonly LedgerEntry[], kind: K): RecordOf<K>[] {
  return kept.map(copy).flatMap((entry) => (entry.kind === kind ? [entry.record as RecordOf<K>] : []));
}

function statisticsOf({
  variantId,
  runs,
  loads,
}: {
  variantId: string;
  runs: readonly RunRecord[];
  loads: readonly LoadRecord[];
}): VariantStatistics {
  const latencies = runs
    .filter((run) => run.variantId === variantId)
    .slice(-LATEST_RUNS)
    .map((run) => run.latencyMs)
    .toSorted((a, b) => a - b);
  const latestLoads = loads.filter((load) => load.variantId === variantId).slice(-LATEST_LOADS);
  return {
    variantId,
    runs: latencies.length,
    p50Ms: nearestRank(latencies, 50),
    p95Ms: nearestRank(latencies, 95),
    peakMemoryBytes: upperMedian(latestLoads.map((load) => load.peakMemoryBytes)),
    loadMs: latestLoads.at(-1)?.loadMs,
  };
}

function upperMedian(values: readonly number[]): number | undefined {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** @param sorted smallest first; undefined when empty */
function nearestRank(sorted: readonly number[], percent: number): number | undefined {
  return sorted[Math.ceil((sorted.length * percent) / 100) - 1];
}

/** So that neither the writer nor a reader shares an object with the ledger. */
function copy(entry: LedgerEntry): LedgerEntry {
  if (entry.kind !== 'outcome') return { ...entry, record: { ...entry.record } } as LedgerEntry;
  const decisions = entry.record.decisions.map((made) => ({ ...made, alternatives: { ...made.alternatives } }));
  const record: OutcomeRecord = { ...entry.record, decisions };
  return { kind: 'outcome', record };
}

/** What a database could not give back as it was is refused here too. */
function checkValue(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw failure(`${value} is not a finite number`, 'Record finite numbers only.', 'entry');
  }
  if (typeof value === 'string' && (value.includes('\0') || /\p{Surrogate}/u.test(value))) {
    throw failure('A text holds NUL or a lone surrogate', 'Record well-formed text only.', 'entry');
  }
  if (typeof value === 'object' && value !== null) Object.entries(value).flat().forEach(checkValue);
}

function failure(message: string, hint: string, fault?: 'entry'): StorageError {
  return new StorageError({ message, hint, facts: { file: ':memory:', fault } });
}
