import { setImmediate } from 'node:timers/promises';

/** A group takes callers until it holds this many items, which bounds the time one write takes. */
const GROUP_ITEMS = 64;

interface Waiting<T> {
  readonly items: readonly T[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface GroupWriter<T> {
  /** All items or none; never called again before it has settled. */
  readonly write: (items: readonly T[]) => Promise<void>;
  /** Whether fewer items might have been written where these failed with `error`. */
  readonly byItems: (error: unknown) => boolean;
}

export interface GroupCommit<T> {
  /** Resolves when these items were written, together or not at all; rejects with what `write` threw. */
  add(items: readonly T[]): Promise<void>;
  /** Resolves when nothing is waiting any more. Never rejects. */
  settled(): Promise<void>;
}

/**
 * Callers that arrive while a group is being written share the next write, in the order of their calls: one
 * fsync for all of them. When a shared write fails by its items, each caller is written on its own, so that
 * only the one at fault fails.
 */
export function createGroupCommit<T>({ write, byItems }: GroupWriter<T>): GroupCommit<T> {
  const waiting: Waiting<T>[] = [];
  let draining: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    while (waiting.length > 0) {
      // A turn of the event loop: requests that are ready join this group, and none waits for more than one.
      await setImmediate();
      await writeGroup({ group: takeGroup(waiting), write, byItems });
    }
    draining = undefined;
  };

  return {
    add: (items) =>
      new Promise((resolve, reject) => {
        waiting.push({ items, resolve, reject });
        draining ??= drain();
      }),
    settled: async () => draining,
  };
}

/** At least one caller, and further ones as long as they fit. */
function takeGroup<T>(waiting: Waiting<T>[]): Waiting<T>[] {
  let callers = 0;
  for (let items = 0; callers < waiting.length; callers += 1) {
    items += waiting[callers]?.items.length ?? 0;
    if (callers > 0 && items > GROUP_ITEMS) break;
  }
  return waiting.splice(0, callers);
}

async function writeGroup<T>({
  group,
  write,
  byItems,
}: GroupWriter<T> & { group: readonly Waiting<T>[] }): Promise<void> {
  try {
    await write(group.flatMap(({ items }) => items));
    for (const { resolve } of group) resolve();
  } catch (error) {
    if (group.length > 1 && byItems(error)) {
      for (const caller of group) await writeGroup({ group: [caller], write, byItems });
    } else {
      for (const { reject } of group) reject(error);
    }
  }
}
