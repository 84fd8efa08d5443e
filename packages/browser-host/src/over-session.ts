import type { EngineSession } from '@terrace/core';

/** A session with calls of its own in the place of some, and all else that of another one. */
export const overSession = (session: EngineSession, own: Partial<EngineSession>): EngineSession =>
  Object.assign(Object.create(session) as EngineSession, own);
