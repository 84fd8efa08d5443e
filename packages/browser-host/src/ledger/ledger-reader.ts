import type { FeedbackRecord, Ledger, OutcomeRecord, ReviewedOutcome } from '@terrace/core';
import type { Database } from '../indexed-db/database.js';
import { withIdb } from '../indexed-db/with-idb.js';
import type { LedgerSchema, LogName, LogRecord } from './ledger-schema.js';
import { isWanted, mostOf } from './outcome-query.js';
import { readLog } from './read-log.js';

/** Reads what a ledger has recorded: no request does. */
export class LedgerReader implements Pick<Ledger, 'outcomes' | 'outcome' | 'review' | 'feedback'> {
  readonly #database: Database<IDBDatabase>;

  constructor(database: Database<IDBDatabase>) {
    this.#database = database;
  }

  /** The default limit is 100 and the largest 10,000; a larger one is lowered. */
  async outcomes({ limit, ...query }: Parameters<Ledger['outcomes']>[0] = {}): Promise<OutcomeRecord[]> {
    return this.#newest('outcomes', limit, isWanted(query));
  }

  /** Looks through all that is newer: a page asks this rarely, and an index would cost every request. */
  async outcome(requestId: string): Promise<OutcomeRecord | undefined> {
    return (await this.#newest('outcomes', 1, (outcome) => outcome.requestId === requestId))[0];
  }

  async *review(query: Parameters<Ledger['review']>[0] = {}): AsyncGenerator<readonly ReviewedOutcome[]> {
    const lastWords = new Map<string, FeedbackRecord>();
    for await (const page of this.#pages('feedback')) {
      for (const word of page) if (!lastWords.has(word.requestId)) lastWords.set(word.requestId, word);
    }
    for await (const page of this.#pages('outcomes')) {
      yield page.filter(isWanted(query)).map((outcome) => ({ outcome, feedback: lastWords.get(outcome.requestId) }));
    }
  }

  /** Limits are those of `outcomes`. */
  async feedback({ limit, sinceWallMs = -Infinity }: Parameters<Ledger['feedback']>[0] = {}): Promise<
    FeedbackRecord[]
  > {
    return this.#newest('feedback', limit, ({ atWallMs }) => atWallMs >= sinceWallMs);
  }

  async #newest<N extends LogName>(
    name: N,
    limit: number | undefined,
    isOne: (record: LogRecord<N>) => boolean,
  ): Promise<LogRecord<N>[]> {
    const most = mostOf(limit);
    const found: LogRecord<N>[] = [];
    for await (const page of this.#pages(name)) {
      found.push(...page.filter(isOne).slice(0, most - found.length));
      if (found.length >= most) break;
    }
    return found;
  }

  #pages<N extends LogName>(name: N): AsyncGenerator<LogRecord<N>[]> {
    return readLog(name, (operation) =>
      this.#database.use('read', (database) => operation(withIdb<LedgerSchema>(database))),
    );
  }
}
