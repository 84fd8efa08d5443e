import { createTurns } from '../wait/turns.js';
import { engineClosed } from './session-faults.js';

/** The sessions that an engine has open. */
export interface OpenSessions<Session> {
  /**
   * Loads compete for the disk, the network and one core anyway: one at a time, so what each took can be told apart.
   * @param load given what the session calls when it is let go of
   * @throws EngineError once all are closed
   */
  load(
    modelId: string,
    signal: AbortSignal | undefined,
    load: (letGo: () => void) => Promise<Session>,
  ): Promise<Session>;
  /** Lets go of all, and takes no more. */
  close(): Promise<void>;
}

export function createOpenSessions<Session extends { release(): Promise<void> }>(): OpenSessions<Session> {
  const open = new Set<Session>();
  const turns = createTurns();
  let closed = false;
  return {
    async load(modelId, signal, load) {
      signal?.throwIfAborted();
      const session = await turns(async () => {
        if (closed) throw engineClosed(modelId);
        const loaded = await load(() => void open.delete(loaded));
        open.add(loaded);
        return loaded;
      }, signal);
      if (!closed) return session;
      await session.release();
      throw engineClosed(modelId);
    },
    async close() {
      closed = true;
      await Promise.allSettled([...open].map((session) => session.release()));
    },
  };
}
