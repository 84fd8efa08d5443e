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

  #inTime(coming: Promise<ReadPieces>, untilMs: number): Promise<ReadPieces | 'late'> {
    // A race would leave a listener of each token behind.
    return new Promise((resolve, reject) => {
      const timer = untilMs < Infinity ? new AbortController() : undefined;
      const leave = (): void => {
        timer?.abort();
        this.#signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(this.#signal.reason as Error);
      };
      this.#signal.addEventListener('abort', onAbort);
      coming.then(
        (read) => {
          leave();
          resolve(read);
        },
        (error: unknown) => {
          leave();
          reject(error as Error);
        },
      );
      if (!timer) return;
      void this.#clock.sleep(Math.max(0, untilMs - this.#clock.nowMs()), timer.signal).then(() => {
        leave();
        resolve('late');
      });
    });
  }
}
