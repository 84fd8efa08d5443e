import { z } from 'zod/mini';
import { printable } from '../catalog/fields.js';
import { inEnglish } from '../errors/in-english.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';

const rows = z.array(z.object({ text: z.string(), label: z.string(), line: z.number() }));
const numbers = z.optional(z.array(z.number()));

/** The shape of what each method takes, one argument after the other; what its values may be the methods know. */
const ASKS = {
  check: [z.strictObject({ examples: rows, evaluation: z.optional(rows) })],
  fit: [
    z.strictObject({
      domain: z.string(),
      subDomain: z.optional(z.string()),
      examples: rows,
      evaluation: z.optional(rows),
      base: z.optional(z.string()),
      except: z.optional(z.array(z.string())),
      outOfScopeLabel: z.optional(z.string()),
      subDomains: z.optional(z.record(printable.check(z.minLength(1)), z.array(z.string()))),
      strict: z.optional(z.boolean()),
      weights: numbers,
      traffic: z.optional(z.array(z.object({ label: z.string(), asked: z.int().check(z.nonnegative()) }))),
      dtype: z.optional(z.enum(['int8', 'fp16'])),
      promote: z.optional(z.boolean()),
      origin: z.optional(z.enum(['fitted', 'learnt'])),
    }),
  ],
  evaluate: [z.strictObject({ domain: z.string(), revision: z.optional(z.string()), examples: rows })],
  compose: [
    z.strictObject({
      domains: z.array(z.string()),
      into: z.string(),
      weights: numbers,
      evaluation: z.optional(z.record(z.string(), rows)),
    }),
  ],
  revisions: [z.string()],
  promote: [z.string(), z.string()],
  rollback: [z.string()],
} as const;

/**
 * Looks at what a method of `Deltas` was given: pages and scripts have no compiler that would.
 * @throws InvalidRequestError naming what is wrong, and what was expected there
 */
export function requireAsk(method: keyof typeof ASKS, ...given: readonly unknown[]): void {
  for (const [index, schema] of ASKS[method].entries()) {
    const { error } = z.safeParse<z.core.$ZodType>(schema, given[index], { jitless: true, error: inEnglish });
    if (!error) continue;
    const [issue] = error.issues;
    const where = (issue?.path.map(String).join('.') || 'the top level').replaceAll(/\p{C}/gu, '?').slice(0, 140);
    throw new InvalidRequestError({
      message: `\`deltas.${method}\` was given something wrong at ${where}: ${(issue?.message ?? 'unreadable').slice(0, 200)}.`,
      hint: 'The documentation of `Deltas` tells what each method takes.',
    });
  }
}
