import { MAX_ENTRY_BYTES } from '../../cache/cache-settings.js';
import { waitFor } from '../../wait/wait-for.js';

/** How a run ended, and all that it told; undefined where that was too much to hold on to. */
export type Landed<Step, Result> =
  | { readonly kind: 'answered'; readonly result: Result; readonly told: readonly Step[] | undefined }
  | { readonly kind: 'failed'; readonly error: unknown };

/** How what is told is read. */
export interface Telling<Step, Result> {
  readonly bytesOf: (step: Step) => number;
  /** Of the step that tells the answer before the run has ended, if there is one. */
  readonly resultOf: (step: Step) => Result | undefined;
  /** What a reader gets where others may read the same: whatever it does with it, they read what was told. */
  readonly copyOf: <T extends Step | Result>(told: T) => T;
}

export interface FlightPlan<Step, Result> {
  /** When it began. */
  readonly fromMs: number;
  /** Its request, where what it tells can be told to others as it comes; else they are told when it has ended. */
  readonly live: string | undefined;
  readonly start: (signal: AbortSignal) => AsyncGenerator<Step, Result>;
  /** Told once, as soon as there is an answer or none will be. */
  readonly onLanded: (landed: Landed<Step, Result>) => void;
  /** Told when nobody else may join: it has ended, was given up, or has told too much to tell it again. */
  readonly onClosed: () => void;
}

interface Reader {
  at: number;
}

/**
 * One run that several requests read, each from its beginning and at its own pace: the fastest one sets that of the run,
 * and it is given up when nobody reads any more.
 */
export class Flight<Step, Result> {
  readonly live: string | undefined;
  readonly fromMs: number;
  readonly #plan: FlightPlan<Step, Result>;
  readonly #telling: Telling<Step, Result>;
  readonly #control = new AbortController();
  readonly #steps: AsyncGenerator<Step, Result>;
  readonly #readers = new Set<Reader>();
  /** From step `#dropped` on. */
  readonly #told: Step[] = [];
  #dropped = 0;
  #toldBytes = 0;
  #isOpen = true;
  #isOver = false;
  #pulling: Promise<void> | undefined;
  #landed: Landed<Step, Result> | undefined;

  constructor(plan: FlightPlan<Step, Result>, telling: Telling<Step, Result>) {
    this.#plan = plan;
    this.#telling = telling;
    this.live = plan.live;
    this.fromMs = plan.fromMs;
    this.#steps = plan.start(this.#control.signal);
  }

  /** Read it at once: from here on somebody waits for it. @throws what the run throws, the signal's reason */
  read(signal: AbortSignal | undefined): AsyncGenerator<Step, Result> {
    const reader: Reader = { at: 0 };
    this.#readers.add(reader);
    const steps = this.#readOn(reader, signal);
    // A generator that was never begun hears of no `return`: whoever leaves before the first step would be waited for.
    void steps.next();
    return steps as AsyncGenerator<Step, Result>;
  }

  async *#readOn(reader: Reader, signal: AbortSignal | undefined): AsyncGenerator<Step | undefined, Result> {
    try {
      yield undefined;
      for (;;) {
        signal?.throwIfAborted();
        const step = this.#told[reader.at - this.#dropped];
        if (step !== undefined) {
          reader.at++;
          this.#letGo();
          yield this.#own(step);
        } else if (this.#landed?.kind === 'failed') {
          throw this.#landed.error;
        } else if (this.#landed) {
          return this.#own(this.#landed.result);
        } else {
          await waitFor((this.#pulling ??= this.#pull()), signal);
        }
      }
    } finally {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) this.#giveUp();
    }
  }

  #own<T extends Step | Result>(told: T): T {
    return this.#isOpen || this.#readers.size > 1 ? this.#telling.copyOf(told) : told;
  }

  /** Never rejects. */
  async #pull(): Promise<void> {
    try {
      const { done, value } = await this.#steps.next();
      if (done) {
        this.#isOver = true;
        this.#land(value);
        return;
      }
      this.#tell(value);
      const result = this.#telling.resultOf(value);
      if (result !== undefined) this.#land(result);
    } catch (error) {
      this.#isOver = true;
      if (this.#landed) return;
      this.#landed = { kind: 'failed', error };
      this.#close();
      this.#plan.onLanded(this.#landed);
    } finally {
      this.#pulling = undefined;
    }
  }

  #tell(step: Step): void {
    this.#told.push(step);
    this.#toldBytes += this.#telling.bytesOf(step);
    if (this.#toldBytes > MAX_ENTRY_BYTES) this.#close();
  }

  #land(result: Result): void {
    if (this.#landed) return;
    this.#landed = { kind: 'answered', result, told: this.#dropped === 0 ? [...this.#told] : undefined };
    this.#close();
    this.#plan.onLanded(this.#landed);
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#plan.onClosed();
  }

  /** Of what nobody will read again. */
  #letGo(): void {
    if (this.#isOpen || this.#landed) return;
    const slowest = Math.min(...[...this.#readers].map(({ at }) => at));
    if (slowest === this.#dropped) return;
    this.#told.splice(0, slowest - this.#dropped);
    this.#dropped = slowest;
  }

  #giveUp(): void {
    this.#close();
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#landed) this.#control.abort(new Error('nobody waits for it any more'));
    // A generator that rests between two steps hears of no signal.
    this.#steps.return(undefined as never).catch(() => undefined);
  }
}
