/** What the decisions below need to know of one loaded session. */
export interface Resident {
  /** Memory it is accounted with, in bytes. */
  readonly bytes: number;
  /** On the clock's steady scale. */
  readonly lastUsedMs: number;
  /** Runs under way and callers that hold it. */
  readonly leases: number;
  /** Whether another session of the same variant stays when this one goes. */
  readonly spare: boolean;
  /** Whether requests wait for it. */
  readonly wanted: boolean;
}

/**
 * Which sessions must go so that `neededBytes` more fit under the ceiling: spare workers before the last one of a
 * variant, then what nobody waits for, then what runs nothing, then the least recently used. All of them when even
 * that is not enough. Pure.
 */
export function chooseEvictions<T extends Resident>(
  residents: readonly T[],
  { neededBytes, ceilingBytes }: { neededBytes: number; ceilingBytes: number },
): T[] {
  const order = residents.toSorted(
    (a, b) =>
      Number(b.spare) - Number(a.spare) ||
      Number(a.wanted) - Number(b.wanted) ||
      Number(a.leases > 0) - Number(b.leases > 0) ||
      a.lastUsedMs - b.lastUsedMs,
  );
  const evicted: T[] = [];
  let bytes = totalBytes(residents);
  for (const resident of order) {
    if (bytes + neededBytes <= ceilingBytes) break;
    evicted.push(resident);
    bytes -= resident.bytes;
  }
  return evicted;
}

/** Sessions nobody has used for so long that they are unloaded. Pure. */
export const chooseIdle = <T extends Resident>(residents: readonly T[], nowMs: number, idleUnloadMs: number): T[] =>
  residents.filter(({ leases, lastUsedMs }) => leases === 0 && nowMs - lastUsedMs >= idleUnloadMs);

/** Time until the next session will have been idle for long enough; undefined when none is loaded. Pure. */
export function nextIdleMs(residents: readonly Resident[], nowMs: number, idleUnloadMs: number): number | undefined {
  if (residents.length === 0) return undefined;
  const earliest = Math.min(...residents.map(({ leases, lastUsedMs }) => (leases > 0 ? nowMs : lastUsedMs)));
  return Math.max(0, earliest + idleUnloadMs - nowMs);
}

const totalBytes = (residents: readonly Resident[]): number => residents.reduce((sum, { bytes }) => sum + bytes, 0);

/** What a fresh thread has not run yet leaves nothing behind. */
const WORN_RUNS = 100;

/** A worker's budget, in units of what it was loaded with. */
const BUDGET = 2;

/** A session in a thread of its own, or one that has none to replace. */
export interface Recyclable extends Resident {
  /** What it took when it was loaded; `bytes` is what it holds now. */
  readonly loadedBytes: number;
  readonly runs: number;
  readonly inline: boolean;
}

/**
 * The session whose worker is to be replaced: the one that has outgrown its budget the furthest, as memory of
 * WebAssembly grows with the longest texts and never shrinks; otherwise, where the process holds more memory than its
 * sessions account for, the one that has run the most, as load and release cycles leave native memory behind
 * (onnxruntime#25325). Undefined while everything keeps to its limits. Pure.
 */
export function chooseRecycling<T extends Recyclable>(
  residents: readonly T[],
  { residentBytes, ceilingBytes }: { residentBytes: number | undefined; ceilingBytes: number },
): T | undefined {
  const workers = residents.filter(({ inline }) => !inline);
  const outgrown = workers.filter(({ bytes, loadedBytes }) => bytes > BUDGET * loadedBytes);
  if (outgrown.length > 0) return outgrown.toSorted((a, b) => b.bytes - b.loadedBytes - (a.bytes - a.loadedBytes))[0];
  if (residentBytes === undefined || residentBytes <= ceilingBytes) return undefined;
  const worn = workers.filter(({ runs }) => runs >= WORN_RUNS);
  return worn.toSorted((a, b) => b.runs - a.runs)[0];
}

/** How long to leave the workers alone after a replacement: longer each time one has not helped. Pure. */
export const recyclingPauseMs = (replacementsInVain: number): number =>
  Math.min(FIRST_PAUSE_MS * 2 ** replacementsInVain, LONGEST_PAUSE_MS);
const FIRST_PAUSE_MS = 30_000;
const LONGEST_PAUSE_MS = 60 * 60_000;
