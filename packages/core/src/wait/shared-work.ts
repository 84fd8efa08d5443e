import { waitFor } from './wait-for.js';

interface Shared<T> {
  readonly work: Promise<T>;
  readonly control: AbortController;
  callers: number;
}

/**
 * Work that all callers of one key share while it is under way. A failure is told to all who wait and then forgotten;
 * an abort ends the wait of one caller, and the work is given up when nobody waits for it any more.
 */
export class SharedWork<T> {
  readonly #underWay = new Map<string, Shared<T>>();

  /** @throws what the work throws, the signal's reason */
  async join(key: string, signal: AbortSignal | undefined, start: (signal: AbortSignal) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const shared = this.#underWay.get(key) ?? this.#start(key, start);
    shared.callers++;
    try {
      return await waitFor(shared.work, signal);
    } finally {
      shared.callers--;
      // Forgotten at once: who comes now must not wait for work that is being given up.
      if (shared.callers === 0) this.#end(key, shared, new Error('nobody waits for it any more'));
    }
  }

  /** Gives everything up that is under way. */
  close(reason: Error): void {
    for (const [key, shared] of this.#underWay) this.#end(key, shared, reason);
  }

  #start(key: string, start: (signal: AbortSignal) => Promise<T>): Shared<T> {
    const control = new AbortController();
    const shared = { work: start(control.signal), control, callers: 0 };
    this.#underWay.set(key, shared);
    return shared;
  }

  #end(key: string, shared: Shared<T>, reason: Error): void {
    if (this.#underWay.get(key) === shared) this.#underWay.delete(key);
    shared.control.abort(reason);
  }
}
