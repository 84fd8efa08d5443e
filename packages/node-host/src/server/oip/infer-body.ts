import { z } from 'zod';

const name = z.string().min(1).max(256);
const size = z.number().int().nonnegative();

/** What a request asks of the answer; `timeout` is in microseconds, as Triton has it. */
const parametersSchema = z.strictObject({
  priority: z.union([z.enum(['high', 'normal']), z.number().int().nonnegative().max(0xffffffff)]).optional(),
  timeout: z.number().int().positive().max(86_400_000_000).optional(),
  deadline_ms: z.number().positive().max(86_400_000).optional(),
  max_risk: z.number().gt(0).lt(1).optional(),
  min_confidence: z.number().min(0).max(1).optional(),
  max_cost_usd: z.number().nonnegative().max(1e6).optional(),
  residency: z.enum(['device', 'site', 'cloud']).optional(),
  binary_data_output: z.boolean().optional(),
});

const inputSchema = z.strictObject({
  name,
  shape: z.array(size).min(1).max(8),
  datatype: z.string().max(32),
  parameters: z.strictObject({ binary_data_size: size.optional() }).optional(),
  data: z.array(z.unknown()).optional(),
});

const outputSchema = z.strictObject({
  name,
  parameters: z.strictObject({ binary_data: z.boolean().optional() }).optional(),
});

export const inferBodySchema = z.strictObject({
  id: z.string().max(1024).optional(),
  parameters: parametersSchema.optional(),
  inputs: z.array(inputSchema).min(1).max(64),
  outputs: z.array(outputSchema).min(1).max(64).optional(),
});

export type InferBody = z.infer<typeof inferBodySchema>;
export type InferInput = InferBody['inputs'][number];
