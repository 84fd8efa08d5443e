import type { Result } from '@terrace/core';
import type { Citation, Uncited } from '@terrace/core/documents';
import { z } from 'zod';

/** A result as the native interface gives it: nothing is left out because it is unknown. Pure. */
export function publicResult(
  result: Result & { readonly citations?: readonly Citation[] | undefined; readonly uncited?: Uncited | undefined },
): object {
  const { requestId, output, tier, placement, path, confidence, verdict, costUsd, sentBytes, queued, cache, trace } =
    result;
  const { citations, uncited } = result;
  return {
    requestId,
    output,
    tier,
    placement,
    path,
    confidence: confidence ?? null,
    verdict: { ...verdict, certificate: verdict.certificate ?? null, degraded: verdict.degraded ?? null },
    costUsd,
    sentBytes,
    queued: queued ?? null,
    cache: cache ? { ...cache, score: cache.score ?? null, maxWrongHitRate: cache.maxWrongHitRate ?? null } : null,
    ...(citations && {
      citations: citations.map((each) => ({ ...each, page: each.page ?? null })),
      uncited: uncited ?? null,
    }),
    trace,
  };
}

const score = z.number().min(0).max(1);

/** What the API document says of it. */
export const resultSchema = z.object({
  requestId: z.string(),
  output: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('classification'),
      label: z.string(),
      alternatives: z.array(z.object({ label: z.string(), score })),
      outOfScope: z.boolean(),
    }),
    z.object({ kind: z.literal('embedding'), vector: z.array(z.number()) }),
  ]),
  tier: z.string().describe('The last tier whose scores are in the answer'),
  placement: z.enum(['device', 'site', 'cloud']),
  path: z.array(z.string()).describe('Every tier whose scores are in the answer'),
  confidence: score.nullable().describe('Calibrated probability of being right'),
  verdict: z.object({
    kind: z.enum(['accept', 'abstain']),
    reason: z.string(),
    calibrated: z.boolean(),
    certificate: z.looseObject({}).nullable(),
    degraded: z.string().nullable(),
  }),
  costUsd: z.number(),
  sentBytes: z.number().int().describe('Bytes of the bodies that were sent to other machines'),
  queued: z.string().nullable().describe('The id under which a better answer is awaited'),
  cache: z
    .object({
      kind: z.enum(['exact', 'semantic']),
      ageMs: z.number(),
      from: z.string().describe('The request that computed it'),
      score: z.number().nullable(),
      maxWrongHitRate: z.number().nullable().describe('What the hit rests on'),
      saved: z.object({ costUsd: z.number(), tokens: z.number(), durationMs: z.number() }),
    })
    .nullable()
    .describe('Where it was not computed'),
  citations: z
    .array(z.looseObject({ marker: z.string() }))
    .optional()
    .describe('Of a text that was given documents'),
  uncited: z.string().nullable().optional().describe('Why a text that asked for documents cites none'),
  trace: z.array(z.looseObject({ kind: z.string(), atMs: z.number() })),
});

export const errorSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string(),
    facts: z.record(z.string(), z.unknown()),
  }),
});
