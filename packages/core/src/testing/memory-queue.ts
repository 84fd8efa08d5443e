import { OverloadedError } from '../errors/overloaded-error.js';
import type { Clock } from '../ports/clock.js';
import type { Claim, Queue, QueuedRequest, QueuedState } from '../ports/queue.js';

interface Row {
  readonly queued: QueuedRequest;
  tries: number;
  token: string | undefined;
  leaseUntilWallMs: number;
  ending:
    | { readonly atWallMs: number; readonly result: string }
    | { readonly atWallMs: number; readonly error: string }
    | undefined;
}

/** A queue that ends with the process. */
export function createMemoryQueue({
  clock,
  maxWaiting = 100_000,
  maxWaitingBytes = 256 * 2 ** 20,
}: {
  clock: Pick<Clock, 'wallMs'>;
  maxWaiting?: number;
  /** UTF-8 bytes of all requests that wait. */
  maxWaitingBytes?: number;
}): Queue {
  const rows = new Map<string, Row>();
  let claims = 0;
  const waitingRows = (): Row[] => [...rows.values()].filter(({ ending }) => ending === undefined);
  const held = ({ requestId }: QueuedRequest, token: string): Row | undefined => {
    const row = rows.get(requestId);
    return row?.token === token && row.ending === undefined ? row : undefined;
  };

  return {
    async add(queued) {
      if (rows.has(queued.requestId)) return;
      const waiting = waitingRows();
      if (waiting.length >= maxWaiting) throw tooMany(maxWaiting);
      const bytes = [...waiting.map((row) => row.queued), queued].reduce((sum, each) => sum + bytesOf(each), 0);
      if (bytes > maxWaitingBytes) throw tooMany(waiting.length);
      rows.set(queued.requestId, { queued, tries: 0, token: undefined, leaseUntilWallMs: 0, ending: undefined });
    },
    async claim(leaseMs) {
      const [row] = waitingRows();
      const nowMs = clock.wallMs();
      if (!row || (row.token !== undefined && isHeld(row.leaseUntilWallMs, nowMs, leaseMs))) return undefined;
      row.token = `claim ${claims++}`;
      row.leaseUntilWallMs = nowMs + leaseMs;
      row.tries++;
      return { queued: row.queued, token: row.token, tries: row.tries };
    },
    async finish({ queued, token }: Claim, ending) {
      const row = held(queued, token);
      if (!row) return false;
      row.ending = { atWallMs: clock.wallMs(), ...ending };
      return true;
    },
    async release({ queued, token }) {
      const row = held(queued, token);
      if (row) row.token = undefined;
    },
    read: async (requestId) => {
      const row = rows.get(requestId);
      return row && stateOf(row);
    },
    list: async ({ limit = 100, kind } = {}) =>
      [...rows.values()]
        .map(stateOf)
        .filter((state) => kind === undefined || state.kind === kind)
        .slice(0, limit),
    waiting: async () => waitingRows().length,
    forget: async (requestId) => rows.delete(requestId),
    async forgetEnded(beforeWallMs) {
      const old = [...rows].filter(([, { ending }]) => ending !== undefined && ending.atWallMs < beforeWallMs);
      for (const [id] of old) rows.delete(id);
      return old.length;
    },
    close: async () => undefined,
  };
}

const bytesOf = ({ request }: QueuedRequest): number => new TextEncoder().encode(request).length;

/** A lease that ends later than one could from now was given by a clock that has been set back since. */
const isHeld = (untilWallMs: number, nowMs: number, leaseMs: number): boolean =>
  untilWallMs > nowMs && untilWallMs <= nowMs + leaseMs;

function stateOf({ queued, tries, ending }: Row): QueuedState {
  if (ending === undefined) return { kind: 'waiting', queued, tries };
  return 'result' in ending ? { kind: 'done', queued, ...ending } : { kind: 'failed', queued, ...ending };
}

const tooMany = (waiting: number): OverloadedError =>
  new OverloadedError({
    message: `${waiting} requests wait for the network already.`,
    hint: 'Let them be answered first, or forget some: `terrace queue forget`.',
    facts: { waiting },
  });
