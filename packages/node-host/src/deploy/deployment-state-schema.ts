import { z } from 'zod';

/** A state as the controller needs it to go on; what a rollout has seen is checked where it is used. */
const windowSchema = z.looseObject({
  id: z.string().regex(/^w[0-9]+$/),
  fromWallMs: z.number(),
  toWallMs: z.number(),
  live: z.record(z.string(), z.number()),
  budgetUsd: z.number(),
  fixedUsd: z.number(),
});

export const deploymentStateSchema = z.looseObject({
  settingsId: z.string(),
  window: windowSchema.optional(),
  history: z.array(windowSchema),
  models: z.array(
    z.looseObject({
      model: z.string(),
      stage: z.enum(['planned', 'downloading', 'starting', 'live', 'draining', 'retired']),
      sinceWallMs: z.number(),
      failures: z.number(),
    }),
  ),
  rollouts: z.array(
    z.looseObject({
      id: z.string(),
      model: z.string(),
      instead: z.string(),
      unit: z.enum(['request', 'key']),
      step: z.number().int().min(0).max(3),
      evidence: z.array(z.looseObject({})),
      state: z.looseObject({ kind: z.enum(['running', 'paused', 'done', 'rolled-back']) }),
    }),
  ),
  pilot: z.looseObject({ name: z.string() }).optional(),
  wishes: z.array(z.looseObject({ kind: z.string() })),
});
