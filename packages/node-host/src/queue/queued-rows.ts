import type { QueuedState } from '@terrace/core';
import { z } from 'zod';
import { processOwnerSchema, type ProcessOwner } from '../store/content/process-owner.js';

const rowSchema = z.object({
  request_id: z.string(),
  at_wall_ms: z.number(),
  state: z.enum(['waiting', 'done', 'failed']),
  tries: z.number(),
  token: z.string().nullable(),
  owner: z.string().nullable(),
  lease_until_wall_ms: z.number(),
  ended_at_wall_ms: z.number().nullable(),
  request: z.string(),
  ending: z.string().nullable(),
});

export type QueuedRow = z.infer<typeof rowSchema>;

/** @throws ZodError when the row is damaged */
export const toRow = (row: Readonly<Record<string, unknown>>): QueuedRow => rowSchema.parse({ ...row });

export function toState({ request_id, at_wall_ms, request, state: kind, tries, ...ended }: QueuedRow): QueuedState {
  const queued = { requestId: request_id, atWallMs: at_wall_ms, request };
  const atWallMs = ended.ended_at_wall_ms ?? 0;
  const ending = ended.ending ?? '{}';
  switch (kind) {
    case 'waiting':
      return { kind, queued, tries };
    case 'done':
      return { kind, queued, atWallMs, result: ending };
    case 'failed':
      return { kind, queued, atWallMs, error: ending };
  }
  return kind satisfies never;
}

/** Who holds a claim; undefined where that cannot be read. */
export function ownerOf({ owner }: QueuedRow): ProcessOwner | undefined {
  try {
    return processOwnerSchema.parse(JSON.parse(owner ?? ''));
  } catch {
    return undefined;
  }
}
