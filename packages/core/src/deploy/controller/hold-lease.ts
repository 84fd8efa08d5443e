import { LeaseHeldError } from '../../errors/lease-held-error.js';
import { LeaseLostError } from '../../errors/lease-lost-error.js';
import type { Clock } from '../../ports/clock.js';
import type { Lease } from '../../ports/deployment-store.js';

/** How often a holder shows that it lives, and how long others believe it without. */
const BEAT_MS = 5_000;
const STALE_MS = 20_000;
/** A holder that could not show it for so long has to take it that others do not believe it any more. */
const UNSEEN_MS = 15_000;

export interface LeaseRow {
  /** Empty when it is free. */
  readonly owner: string;
  readonly fence: number;
  readonly beat: number;
}

/** Where the lease is kept. Each operation is one transaction. */
export interface LeaseTable {
  read(): Promise<LeaseRow | undefined>;
  /** With the next fence, if it is still as it was seen. @returns undefined when it is not */
  take(seen: LeaseRow | undefined, owner: string): Promise<LeaseRow | undefined>;
  /** @returns false when somebody else has it */
  beat(fence: number): Promise<boolean>;
  /** Leaves the fence, so that the next one is higher. Does nothing when somebody else has it. */
  free(fence: number): Promise<void>;
}

/**
 * Takes a lease that is free, or whose holder is dead or has shown no sign of life. Times are differences of the own steady
 * clock: no two wall clocks are compared.
 * @param isAlive undefined where it cannot be known
 * @throws LeaseHeldError when its holder lives; where that cannot be known it takes up to `STALE_MS` to find out
 */
export async function holdLease({
  table,
  owner,
  clock,
  isAlive,
  nameOf = (holder) => holder,
}: {
  readonly table: LeaseTable;
  readonly owner: string;
  readonly clock: Clock;
  readonly isAlive: (owner: string) => Promise<boolean | undefined>;
  /** How people are told of a holder. */
  readonly nameOf?: (owner: string) => string;
}): Promise<Lease> {
  let seen = await table.read();
  let sinceMs = clock.nowMs();
  for (;;) {
    const alive = seen && seen.owner !== '' ? await isAlive(seen.owner) : false;
    if (alive === true) throw held(nameOf(seen!.owner));
    if (alive === false || clock.nowMs() - sinceMs >= STALE_MS) {
      const mine = await table.take(seen, owner);
      if (mine) return keep({ mine, table, clock });
      seen = await table.read();
      sinceMs = clock.nowMs();
      continue;
    }
    await clock.sleep(BEAT_MS);
    const next = await table.read();
    if (next && next.owner !== '' && (next.fence !== seen!.fence || next.beat !== seen!.beat))
      throw held(nameOf(next.owner));
    seen = next;
  }
}

function keep({ mine, table, clock }: { mine: LeaseRow; table: LeaseTable; clock: Clock }): Lease {
  const { fence } = mine;
  const lost = new AbortController();
  const over = new AbortController();
  const beat = async (): Promise<void> => {
    for (let shownMs = clock.nowMs(); ;) {
      await clock.sleep(BEAT_MS, over.signal);
      if (over.signal.aborted) return;
      // A disk that is full or busy for a while takes nothing away yet.
      const isMine = await table.beat(fence).catch(() => undefined);
      if (isMine) shownMs = clock.nowMs();
      else if (isMine === false || clock.nowMs() - shownMs >= UNSEEN_MS) return lost.abort(leaseLost());
    }
  };
  void beat();
  return {
    fence,
    lost: lost.signal,
    async release() {
      over.abort();
      await table.free(fence);
    },
  };
}

const held = (owner: string): LeaseHeldError =>
  new LeaseHeldError({
    message: `Another controller has the deployment of this ledger: ${owner}.`,
    hint: 'Stop that one first, or start this one without the deployment: `terrace serve --no-deploy`.',
    facts: { owner },
  });

export const leaseLost = (): LeaseLostError =>
  new LeaseLostError({
    message: 'Another controller has taken the deployment over: nothing was written.',
    hint: 'Find out why this process showed no sign of life for so long; start it again once the other one has ended.',
  });
