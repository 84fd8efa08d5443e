import type { Clock } from '../ports/clock.js';

/** Probabilities that are made and read before whoever waits has a turn: some milliseconds of work. */
const NUMBERS_A_TURN = 100_000;
/** What is made once for a part must not take longer than the part. */
const LEAST_ROWS = 8;

export interface InTurns {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal?: AbortSignal | undefined;
}

/** Rows in parts, with a turn for others between them. @throws the signal's reason */
export async function* rowTurns(
  rows: number,
  numbersARow: number,
  { clock, signal }: InTurns,
): AsyncGenerator<{ readonly from: number; readonly to: number }, void> {
  const part = Math.max(LEAST_ROWS, Math.floor(NUMBERS_A_TURN / numbersARow));
  for (let from = 0; from < rows; from += part) {
    signal?.throwIfAborted();
    yield { from, to: Math.min(rows, from + part) };
    if (from + part < rows) await clock.sleep(0);
  }
}
