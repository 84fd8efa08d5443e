import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { unwritable } from '../files/atomic-file.js';
import { processOwnerSchema } from './process-owner.js';
import type { StoreHost } from './store-host.js';

const POLL_MS = 100;
/** A lock is written as soon as it is made: one that stays unreadable for longer was left by a crash in between. */
const UNREADABLE_MS = 5_000;
/** How often a holder shows other hosts that it lives, and how long they believe it. */
export const HEARTBEAT_MS = 15_000;
export const FOREIGN_STALE_MS = 5 * 60_000;

const lockSchema = z.strictObject({ owner: processOwnerSchema, nonce: z.string() });

export interface Lock {
  /** False when another process took it for left behind. */
  isMine(): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Waits for a lock file and takes it. One whose owner is dead is taken over: on this host that shows at once,
 * on another one by a heartbeat that stopped.
 * @throws StorageError when the folder cannot be written, the signal's reason
 */
export async function takeLock(path: string, host: StoreHost, signal?: AbortSignal): Promise<Lock> {
  const { files, clock, owner } = host;
  const mine = JSON.stringify({ owner, nonce: randomUUID() });
  const read = (): Promise<string | undefined> => files.readFile(path, 'utf8').catch(() => undefined);
  const idleMs = watchLock(path, host);
  for (;;) {
    signal?.throwIfAborted();
    if (await create(path, mine, host)) break;
    const seen = await read();
    if (seen !== undefined && (await isLeftBehind(seen, idleMs, host))) await breakLock(path, seen, host);
    else await clock.sleep(POLL_MS, signal);
  }
  const beat = setInterval(() => {
    const now = new Date();
    files.utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  beat.unref();
  const isMine = async (): Promise<boolean> => (await read()) === mine;
  return {
    isMine,
    async release() {
      clearInterval(beat);
      if (await isMine()) await files.rm(path, { force: true });
    },
  };
}

/** For how long a lock with this content has shown no sign of life. */
type IdleMs = (content: string) => Promise<number>;

/**
 * By the wall clock, or by the steady clock from when the lock was first seen: the wall clock may have gone back since
 * it was made. A lock that is gone shows no sign of life.
 */
export function watchLock(path: string, { files, clock }: StoreHost): IdleMs {
  let last = { sign: '', sinceMs: 0 };
  return async (content) => {
    const { mtimeMs } = await files.stat(path).catch(() => ({ mtimeMs: 0 }));
    const sign = `${mtimeMs} ${content}`;
    if (sign !== last.sign) last = { sign, sinceMs: clock.nowMs() };
    return Math.max(clock.wallMs() - mtimeMs, clock.nowMs() - last.sinceMs);
  };
}

/** Whether a lock belongs to no living process. */
export async function isLeftBehind(content: string, idleMs: IdleMs, { isAlive }: StoreHost): Promise<boolean> {
  const { owner } = parse(content) ?? {};
  const alive = owner && (await isAlive(owner));
  if (alive !== undefined) return !alive;
  return (await idleMs(content)) > (owner ? FOREIGN_STALE_MS : UNREADABLE_MS);
}

async function create(path: string, content: string, { files }: StoreHost): Promise<boolean> {
  try {
    const file = await files.open(path, 'wx');
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw unwritable(path, cause);
  }
}

/**
 * Moves it aside first and looks at what was moved: another process may have broken the same lock and taken it
 * meanwhile, and then gets it back. Should that fail, it finds out by `isMine` before it counts on it.
 * @throws StorageError where nothing can be moved: waiting would not end
 */
async function breakLock(path: string, seen: string, { files }: StoreHost): Promise<void> {
  const aside = `${path}.${randomUUID()}.tmp`;
  try {
    await files.rename(path, aside);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw unwritable(path, cause);
  }
  if ((await files.readFile(aside, 'utf8')) !== seen) await files.link(aside, path).catch(() => undefined);
  await files.rm(aside, { force: true });
}

function parse(content: string): z.infer<typeof lockSchema> | undefined {
  try {
    return lockSchema.parse(JSON.parse(content));
  } catch {
    return undefined;
  }
}
