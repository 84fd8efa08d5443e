import type { Clock } from '../../ports/clock.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';

type Pieces = AsyncGenerator<readonly TextPiece[], TextEnd>;
export type ReadPieces = IteratorResult<readonly TextPiece[], TextEnd>;

/** Reads a generation, and no longer than somebody waits for it: what comes later is there for the next who asks. */
export class PieceReader {
  readonly #pieces: Pieces;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  #coming: Promise<ReadPieces> | undefined;

  /** @param signal ends the wait of whoever reads, also where the generation itself does not heed it */
  constructor(pieces: Pieces, { clock, signal }: { clock: Clock; signal: AbortSignal }) {
    this.#pieces = pieces;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** @returns `late` when nothing came until then; @throws what the generation fails with, the signal's reason */
  async next(untilMs: number): Promise<ReadPieces | 'late'> {
    this.#signal.throwIfAborted();
    this.#coming ??= this.#pieces.next();
    const coming = this.#coming;
    const read = await this.#inTime(coming, untilMs);
    if (read !== 'late') this.#coming = undefined;
    return read;
  }

  /** Ends the generation without waiting for it. */
  close(): void {
    this.#coming?.catch(() => undefined);
    this.#pieces.return(undefined as never).catch(() => undefined);
  }

  async #inTime(coming: Promise<ReadPieces>, untilMs: number): Promise<ReadPieces | 'late'> {
    const over = new AbortController();
    const { promise: aborted, leave } = whenAborted(this.#signal);
    const waits: Promise<ReadPieces | 'late'>[] = [coming, aborted];
    if (untilMs < Infinity) {
      const leftMs = Math.max(0, untilMs - this.#clock.nowMs());
      waits.push(this.#clock.sleep(leftMs, over.signal).then(() => 'late' as const));
    }
    try {
      return await Promise.race(waits);
    } finally {
      leave();
      over.abort();
    }
  }
}

function whenAborted(signal: AbortSignal): { readonly promise: Promise<never>; readonly leave: () => void } {
  let leave = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    leave = () => signal.removeEventListener('abort', onAbort);
  });
  return { promise, leave };
}
