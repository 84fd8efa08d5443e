import { z } from 'zod';

const positive = z.number().positive().finite();

const ratesSchema = z.object({
  gflops: z.object({ fp32: positive, int8: positive, q4: positive }),
  gigabytesPerSecond: positive,
  overheadMs: z.number().nonnegative().finite(),
});

/** What does not change while the machine stays the same. Rates are absent where the runtime does not start. */
export const slowFactsSchema = z.object({
  os: z.string(),
  cpu: z.object({ model: z.string(), features: z.array(z.string()) }),
  rates: ratesSchema.optional(),
  /** Providers beside `cpu` that ran here. */
  accelerators: z.array(z.object({ id: z.string(), rates: ratesSchema })),
  /** Providers that the runtime lists and that did not start here, with the runtime's reason. */
  refused: z.array(z.object({ id: z.string(), reason: z.string() })),
});

export type SlowFacts = z.infer<typeof slowFactsSchema>;

/** What the facts hold for. Another value of any field means they are measured again. */
export const factsKeySchema = z.object({
  /** Raised when what is measured, or how, changes. */
  format: z.number().int(),
  cpuModel: z.string(),
  runtimeVersion: z.string(),
  arch: z.string(),
});

export type FactsKey = z.infer<typeof factsKeySchema>;

export const FACTS_FORMAT = 2;
