import { StorageError, type FeedbackRecord, type Ledger, type OutcomeRecord } from '@terrace/core';
import { checkedCopy } from './checked-entries.js';
import { lastsForThePage } from '../indexed-db/lasts-for-the-page.js';
import type { VariantRow } from './ledger-schema.js';
import { isWanted, mostOf } from './outcome-query.js';
import { emptyRow, statisticsOf, withEntries } from './variant-statistics.js';

/** They take 1 KB each, of a worker's memory. */
const MAX_RECORDS = 2000;

/** The ledger of a page that may store none under its name, with a warning. @param cause why it may not */
export function openMemoryLedger(
  { name, onWarning }: { readonly name: string; readonly onWarning: (warning: StorageError) => void },
  cause: unknown,
): Ledger {
  const loss = 'what it learns of this device lasts no longer than the page';
  onWarning(lastsForThePage({ noun: 'ledger', name }, loss, cause));
  return createMemoryLedger();
}

/**
 * A ledger that lasts as long as the page, for where nothing may be stored: budgets and statistics work meanwhile.
 * @param options.maxRecords of outcomes and of feedback the newest so many are kept
 */
export function createMemoryLedger({ maxRecords = MAX_RECORDS }: { readonly maxRecords?: number } = {}): Ledger {
  let outcomes: OutcomeRecord[] = [];
  let feedback: FeedbackRecord[] = [];
  const variants = new Map<string, VariantRow>();
  let isClosed = false;
  const checkOpen = (): void => {
    if (isClosed) throw closed();
  };
  const kept = <T>(records: readonly T[]): T[] => records.slice(-maxRecords).toReversed();

  return {
    async append(entries) {
      checkOpen();
      for (const entry of checkedCopy(entries)) {
        const { kind, record } = entry;
        if (kind === 'outcome') outcomes.push(record);
        else if (kind === 'feedback') feedback.push(record);
        else {
          const row = variants.get(record.variantId) ?? emptyRow(record.variantId);
          variants.set(record.variantId, withEntries(row, [entry]));
        }
      }
      // Seldom, as it copies all of them.
      if (outcomes.length > 2 * maxRecords) outcomes = outcomes.slice(-maxRecords);
      if (feedback.length > 2 * maxRecords) feedback = feedback.slice(-maxRecords);
    },
    async outcomes({ limit, ...query } = {}) {
      checkOpen();
      return structuredClone(kept(outcomes).filter(isWanted(query)).slice(0, mostOf(limit)));
    },
    async outcome(requestId) {
      checkOpen();
      return structuredClone(kept(outcomes).find((outcome) => outcome.requestId === requestId));
    },
    async *review(query = {}) {
      checkOpen();
      const lastWords = new Map(feedback.map((word) => [word.requestId, word]));
      const wanted = kept(outcomes).filter(isWanted(query));
      if (wanted.length === 0) return;
      yield structuredClone(wanted.map((outcome) => ({ outcome, feedback: lastWords.get(outcome.requestId) })));
    },
    async feedback({ limit, sinceWallMs = -Infinity } = {}) {
      checkOpen();
      const wanted = kept(feedback).filter(({ atWallMs }) => atWallMs >= sinceWallMs);
      return structuredClone(wanted.slice(0, mostOf(limit)));
    },
    async statistics() {
      checkOpen();
      return [...variants.values()].map(statisticsOf).toSorted((a, b) => (a.variantId < b.variantId ? -1 : 1));
    },
    async close() {
      isClosed = true;
    },
  };
}

const closed = (): StorageError =>
  new StorageError({
    message: 'The ledger is closed',
    hint: 'Create another runtime.',
    facts: { reason: 'CLOSED' },
  });
