import type { CacheRecord, Ledger, LedgerEntry } from '../../ports/ledger.js';

/** A ledger in which the cache has its say on requests that others compute and write down. */
export interface MarkedLedger extends Ledger {
  /** Of the outcome of that request, which is to come. */
  mark(requestId: string, cache: CacheRecord): void;
}

/** Marks of outcomes that never come are forgotten, the oldest first. */
const MAX_MARKS = 1024;

export function createMarkedLedger(ledger: Ledger): MarkedLedger {
  const marks = new Map<string, CacheRecord>();

  const marked = (entry: LedgerEntry): LedgerEntry => {
    if (marks.size === 0 || entry.kind !== 'outcome') return entry;
    const cache = marks.get(entry.record.requestId);
    return cache ? { kind: 'outcome', record: { ...entry.record, cache } } : entry;
  };

  return {
    // One by one: a ledger may be a class, whose methods are none of its own fields.
    ...(ledger.batchEntries && { batchEntries: () => ledger.batchEntries!() }),
    outcomes: (query) => ledger.outcomes(query),
    outcome: (requestId) => ledger.outcome(requestId),
    review: (query) => ledger.review(query),
    feedback: (query) => ledger.feedback(query),
    statistics: () => ledger.statistics(),
    close: () => ledger.close(),
    async append(entries) {
      await ledger.append(entries.map(marked));
      for (const { kind, record } of entries) if (kind === 'outcome') marks.delete(record.requestId);
    },
    mark(requestId, cache) {
      marks.set(requestId, cache);
      if (marks.size <= MAX_MARKS) return;
      for (const oldest of marks.keys()) return void marks.delete(oldest);
    },
  };
}
