import type { QueuedState } from '@terrace/core';
import { z } from 'zod';
import { processOwnerSchema, type ProcessOwner } from '../store/content/process-owner.js';

const rowSchema = z.object({
  request_id: z.string(),
  at_wall_ms: z.number(),
  request: z.string(),
  tries: z.number(),
  token: z.string().nullable(),
  owner: z.string().nullable(),
  lease_until_wall_ms: z.number(),
  ended_at_wall_ms: z.number().nullable(),
  result: z.string().nullable(),
  error: z.string().nullable(),
});

export type QueuedRow = z.infer<typeof rowSchema>;

/** @throws ZodError when the row is damaged */
export const toRow = (row: Readonly<Record<string, unknown>>): QueuedRow => rowSchema.parse({ ...row });

export function toState({ request_id, at_wall_ms, request, tries, ...ending }: QueuedRow): QueuedState {
  const queued = { requestId: request_id, atWallMs: at_wall_ms, request };
  const { ended_at_wall_ms: atWallMs, result, error } = ending;
  if (atWallMs === null) return { kind: 'waiting', queued, tries };
  return result === null
    ? { kind: 'failed', queued, atWallMs, error: error ?? '{}' }
    : { kind: 'done', queued, atWallMs, result };
}

/** Who holds a claim; undefined where that cannot be read. */
export function ownerOf({ owner }: QueuedRow): ProcessOwner | undefined {
  try {
    return processOwnerSchema.parse(JSON.parse(owner ?? ''));
  } catch {
    return undefined;
  }
}
