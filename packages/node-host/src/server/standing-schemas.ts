import { z } from 'zod';
import type { Forecasted } from '../budget/forecast-standings.js';
import { deploymentStateSchema } from '../deploy/deployment-state-schema.js';

/** A budget as the operations interface gives it: nothing is left out because it is unknown. Pure. */
export function publicBudget({ standing, forecast }: Forecasted): z.infer<typeof budgetSchema> {
  const { id, limit, fromWallMs, toWallMs, spent, reserved, left } = standing;
  return {
    id,
    limit: { ...limit, scope: { ...limit.scope }, alertAt: [...limit.alertAt] },
    fromWallMs: fromWallMs ?? null,
    toWallMs: toWallMs ?? null,
    spent,
    reserved,
    left,
    forecast: forecast ? { ...forecast, spentAtWallMs: forecast.spentAtWallMs ?? null } : null,
  };
}

const amount = z.number().min(0);
const wallMs = z.number().describe('Milliseconds of the wall clock');

const budgetSchema = z.object({
  id: z.string(),
  limit: z.object({
    scope: z.object({ key: z.string().optional(), domain: z.string().optional(), tier: z.string().optional() }),
    period: z.enum(['request', 'hour', 'day', 'month']),
    unit: z.enum(['usd', 'joules', 'bytes']),
    limit: amount,
    whenSpent: z.enum(['degrade', 'local', 'refuse']),
    alertAt: z.array(z.number()),
  }),
  fromWallMs: wallMs.nullable(),
  toWallMs: wallMs.nullable(),
  spent: amount.describe('Settled'),
  reserved: amount.describe('Held by calls that are not settled'),
  left: amount,
  forecast: z
    .object({
      expected: amount.describe('What the whole period takes'),
      low: amount.describe('Its 90 % interval'),
      high: amount,
      spentAtWallMs: wallMs.nullable(),
      overrunProbability: z.number().min(0).max(1),
      basisHours: z.number().int(),
    })
    .nullable(),
});

export const budgetsSchema = z.object({ budgets: z.array(budgetSchema) });

/** What is not known yet is left out. */
export const deploymentStatusSchema = z.object({
  state: deploymentStateSchema,
  models: z.array(
    z.object({
      model: z.string(),
      stage: z.string(),
      requests: z.number(),
      rewards: z.number(),
      meanReward: z.number().optional(),
      meanCostUsd: z.number().optional(),
      rewardUpper: z.number().describe('What an answer of it is worth at most'),
      costLowerUsd: z.number(),
      share: z.number().min(0).max(1),
    }),
  ),
  spentUsd: z.number(),
  requests: z.number().int(),
  controller: z.string().optional(),
});
