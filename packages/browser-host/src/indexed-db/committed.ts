/** A read-write transaction; `done` as `idb` has it, or `over` makes it. */
interface Transaction {
  readonly done: Promise<void>;
  readonly error: DOMException | null;
  abort(): void;
}

/**
 * Resolves when a transaction is over and everything in it is kept; otherwise nothing of it is.
 * @param work its requests; when they fail it is aborted
 * @throws what the transaction ended with, such as QuotaExceededError, before what its requests say about that
 */
export async function committed<T>(transaction: Transaction, work: Promise<T>): Promise<T> {
  const done = transaction.done;
  done.catch(() => undefined);
  try {
    const value = await work;
    await done;
    return value;
  } catch (error) {
    try {
      transaction.abort();
    } catch {
      // It is over already.
    }
    await done.catch(() => undefined);
    throw transaction.error ?? error;
  }
}
