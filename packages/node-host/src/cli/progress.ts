import type { Ora } from 'ora';
import { systemClock } from '../system-clock.js';
import { bytes } from './output.js';

/** What is counted. */
export type Unit = 'rows' | 'bytes' | 'checks' | 'requests' | 'steps' | 'passages';

export interface Progress {
  update(done: number, total: number): void;
  /** Goes on with another piece of work, in the same unit unless told. */
  next(what: string, unit?: Unit): void;
  /** Leaves nothing on the screen. May be called again. */
  end(): void;
}

/** Frames are not drawn more often: the work itself must not wait for the terminal. */
const FRAME_MS = 80;
/** Before this long nothing is said about the time left. */
const MEASURED_MS = 1000;

/** A line on a terminal that says how far a long operation is; silent where nobody watches. */
export function startProgress(
  first: string,
  stream: NodeJS.WriteStream = process.stderr,
  firstUnit: Unit = 'rows',
): Progress {
  // A serial console may say that it is no column wide: clearing a line there would never come to an end.
  if (!stream.isTTY || !(stream.columns > 0))
    return { update: () => undefined, next: () => undefined, end: () => undefined };
  let stage = { what: first, unit: firstUnit };
  let begun: { readonly atMs: number; readonly done: number } | undefined;
  let spinner: Ora | undefined;
  let drawnMs = -FRAME_MS;
  let ended = false;
  void startSpinner(first, stream).then((started) => {
    // Work that was over sooner than its spinner was there.
    if (ended) started.stop();
    else spinner = started;
  });
  return {
    update(done, total) {
      const nowMs = systemClock.nowMs();
      begun ??= { atMs: nowMs, done };
      if (!spinner) return;
      spinner.text = describeProgress({ ...stage, done, total, elapsedMs: nowMs - begun.atMs, doneBefore: begun.done });
      // A piece of work that never lets go of the thread shows its progress all the same.
      if (nowMs - drawnMs < FRAME_MS) return;
      drawnMs = nowMs;
      spinner.render();
    },
    next(what, unit = stage.unit) {
      stage = { what, unit };
      begun = undefined;
      if (spinner) spinner.text = what;
    },
    end() {
      ended = true;
      spinner?.stop();
      spinner = undefined;
    },
  };
}

/** Loaded where it is shown: no other command waits for it. */
async function startSpinner(text: string, stream: NodeJS.WriteStream): Promise<Ora> {
  const { default: ora } = await import('ora');
  // A hidden cursor would take its own handler of SIGINT, which ends the process before work is rolled back; and a
  // standard input that is swallowed cannot be piped in.
  return ora({ text, stream, isEnabled: true, hideCursor: false, discardStdin: false }).start();
}

/**
 * `fetching nano: 12.0 MiB of 48.0 MiB, 25 %, 9 s left`.
 * @param doneBefore what was done when the measurement began, as of a download that goes on
 */
export function describeProgress({
  what,
  unit,
  done,
  total,
  elapsedMs,
  doneBefore,
}: {
  what: string;
  unit: Unit;
  done: number;
  total: number;
  elapsedMs: number;
  doneBefore: number;
}): string {
  const amount = (value: number): string => (unit === 'bytes' ? bytes(value) : value.toLocaleString('en'));
  const counted = unit === 'bytes' ? amount(total) : `${amount(total)} ${unit}`;
  const share = total > 0 ? `, ${Math.min(100, Math.floor((100 * done) / total))} %` : '';
  const measured = elapsedMs >= MEASURED_MS && done > doneBefore && done < total;
  const left = measured ? `, ${duration((elapsedMs * (total - done)) / (done - doneBefore))} left` : '';
  return `${what}: ${amount(done)} of ${counted}${share}${left}`;
}

function duration(lengthMs: number): string {
  const seconds = Math.ceil(lengthMs / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
