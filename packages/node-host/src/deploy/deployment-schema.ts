import { z } from 'zod';

/** Part of ids, which are stored, printed and compared. */
const id = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u, 'letters, digits, ".", "_" and "-"')
  .max(64);
const tier = z.string().min(1).max(128);
const amountUsd = z.number().nonnegative().max(1e9);
const share = z.number().min(0).max(1);

const pathSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('tier'), tier }),
  z.strictObject({
    kind: z.literal('ladder'),
    tiers: z.array(tier).min(1).max(32),
    minConfidence: share.optional(),
    maxRisk: z.number().positive().lt(1).optional(),
  }),
]);

const modelSchema = z.strictObject({
  id,
  path: pathSchema,
  carries: z.number().positive().max(1).default(1),
  expectedCostUsd: amountUsd.optional(),
  fixedCost: z
    .strictObject({ onceUsd: amountUsd.default(0), eachWindowUsd: amountUsd.default(0) })
    .default({ onceUsd: 0, eachWindowUsd: 0 }),
});

const HOUR_MS = 3_600_000;

/** Whoever writes one field wrongly has not set what was meant: nothing unknown is ignored. */
export const deploymentSchema = z
  .strictObject({
    format: z.literal(1),
    domain: z.string().min(1).max(256).optional(),
    models: z.array(modelSchema).max(1000),
    maxLive: z.number().int('a whole number').min(1, 'at least one model has to be live'),
    windowMs: z
      .number()
      .min(60_000, 'at least a minute')
      .max(366 * 24 * HOUR_MS),
    budgetUsd: amountUsd,
    auditShare: share.default(0),
    auditor: tier.optional(),
    feedback: z.enum(['all', 'drift']).default('drift'),
    rates: z
      .strictObject({ usdPerKilowattHour: amountUsd.default(0), usdPerBusyHour: amountUsd.default(0) })
      .default({ usdPerKilowattHour: 0, usdPerBusyHour: 0 }),
    canary: z.boolean().default(false),
    context: z.enum(['nano', 'base']).optional(),
  })
  .refine(({ models }) => new Set(models.map((model) => model.id)).size === models.length, {
    message: 'each id once',
    path: ['models'],
  })
  .refine(({ auditShare, auditor }) => auditShare === 0 || auditor !== undefined, {
    message: 'audits need a tier that answers them',
    path: ['auditor'],
  })
  .refine(({ canary, maxLive }) => !canary || maxLive > 1, {
    message: 'a canary answers beside another model: at least two have to be live',
    path: ['maxLive'],
  });
