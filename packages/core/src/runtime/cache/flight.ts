import { MAX_ENTRY_BYTES } from '../../cache/cache-settings.js';
import { waitFor } from '../../wait/wait-for.js';
import type { AnyResult, AnyStep } from './answers.js';

/** How a run ended, and all that it told; undefined where that was too much to hold on to. */
export type Landed =
  | { readonly kind: 'answered'; readonly result: AnyResult; readonly told: readonly AnyStep[] | undefined }
  | { readonly kind: 'failed'; readonly error: unknown };

export interface FlightPlan {
  /** Its request, where what it tells can be told to others as it comes; else they are told when it has ended. */
  /** When it began. */
  readonly fromMs: number;
  readonly live: string | undefined;
  readonly start: (signal: AbortSignal) => AsyncGenerator<AnyStep, AnyResult>;
  /** Told once, as soon as there is an answer or none will be. */
  readonly onLanded: (landed: Landed) => void;
  /** Told when nobody else may join: it has ended, was given up, or has told too much to tell it again. */
  readonly onClosed: () => void;
}

interface Reader {
  at: number;
}

const NUMBER_BYTES = 8;
const TOKEN_BYTES = 64;

/**
 * One run that several requests read, each from its beginning and at its own pace: the fastest one sets that of the run,
 * and it is given up when nobody reads any more.
 */
export class Flight {
  readonly live: string | undefined;
  readonly fromMs: number;
  readonly #plan: FlightPlan;
  readonly #control = new AbortController();
  readonly #steps: AsyncGenerator<AnyStep, AnyResult>;
  readonly #readers = new Set<Reader>();
  /** From step `#dropped` on. */
  readonly #told: AnyStep[] = [];
  #dropped = 0;
  #toldBytes = 0;
  #isOpen = true;
  #isOver = false;
  #pulling: Promise<void> | undefined;
  #landed: Landed | undefined;

  constructor(plan: FlightPlan) {
    this.#plan = plan;
    this.live = plan.live;
    this.fromMs = plan.fromMs;
    this.#steps = plan.start(this.#control.signal);
  }

  /** Read it at once: from here on somebody waits for it. @throws what the run throws, the signal's reason */
  read(signal: AbortSignal | undefined): AsyncGenerator<AnyStep, AnyResult> {
    const reader: Reader = { at: 0 };
    this.#readers.add(reader);
    const steps = this.#readOn(reader, signal);
    // A generator that was never begun hears of no `return`: whoever leaves before the first step would be waited for.
    void steps.next();
    return steps as AsyncGenerator<AnyStep, AnyResult>;
  }

  async *#readOn(reader: Reader, signal: AbortSignal | undefined): AsyncGenerator<AnyStep | undefined, AnyResult> {
    try {
      yield undefined;
      for (;;) {
        signal?.throwIfAborted();
        const step = this.#told[reader.at - this.#dropped];
        if (step) {
          reader.at++;
          this.#letGo();
          yield step;
        } else if (this.#landed?.kind === 'failed') {
          throw this.#landed.error;
        } else if (this.#landed) {
          return this.#landed.result;
        } else {
          await waitFor((this.#pulling ??= this.#pull()), signal);
        }
      }
    } finally {
      this.#readers.delete(reader);
      if (this.#readers.size === 0) this.#giveUp();
    }
  }

  /** Never rejects. */
  async #pull(): Promise<void> {
    try {
      const { done, value } = await this.#steps.next();
      if (done) {
        this.#isOver = true;
        this.#land(value as AnyResult);
        return;
      }
      this.#tell(value);
      if (value.kind === 'result') this.#land(value.result);
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

  #tell(step: AnyStep): void {
    this.#told.push(step);
    this.#toldBytes += bytesOf(step);
    if (this.#toldBytes > MAX_ENTRY_BYTES) this.#close();
  }

  #land(result: AnyResult): void {
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

function bytesOf(step: AnyStep): number {
  if (step.kind !== 'text') return 0;
  const { text, logProbs, tokens = [] } = step;
  const alternatives = tokens.reduce((sum, { top }) => sum + 1 + top.length, 0);
  return text.length + NUMBER_BYTES * logProbs.length + TOKEN_BYTES * alternatives;
}
