import { z } from 'zod/mini';
import { placementSchema } from '../../catalog/fields.js';
import { toFloat32, toFloat64 } from './number-text.js';

/** Of what an entry is written like; one of another version is not there. */
export const ENTRY_FORMAT = 2;

const count = z.int().check(z.nonnegative());
/** JSON has no word for those that are not finite. */
const number = z.pipe(z.union([z.number(), z.enum(['Infinity', '-Infinity', 'NaN'])]), z.transform(Number));

const numbers = <T>(read: (base64: string) => T) =>
  z.pipe(
    z.string(),
    z.transform((base64: string, context): T => {
      try {
        return read(base64);
      } catch {
        context.issues.push({ code: 'custom', message: 'base64 of numbers', input: base64 });
        return z.NEVER;
      }
    }),
  );

const certificateSchema = z.strictObject({
  maxRisk: number,
  delta: number,
  n: count,
  wrong: count,
  riskUpperBound: number,
  threshold: number,
  coverage: number,
});

/** Of an answer that was accepted: no other is kept. */
const verdictSchema = z.strictObject({
  reason: z.enum([
    'sure-enough',
    'cut-short',
    'not-worth-it',
    'top',
    'confidence',
    'risk',
    'uncertified',
    'language',
    'drift',
  ]),
  calibrated: z.boolean(),
  certificate: z.optional(certificateSchema),
});

const savedSchema = z.strictObject({ costUsd: z.number(), tokens: count, durationMs: z.number() });

/** What entries of every kind say. */
const commonFields = {
  /** The request that computed it. */
  from: z.string(),
  catalogRevision: z.string(),
  ladderRevision: z.optional(z.string()),
  saved: savedSchema,
  tier: z.string(),
  placement: placementSchema,
  path: z.array(z.string()),
  confidence: z.optional(number),
  verdict: verdictSchema,
};

const classificationSchema = z.strictObject({
  kind: z.literal('classification'),
  label: z.string(),
  alternatives: z.array(z.strictObject({ label: z.string(), score: number })),
  outOfScope: z.boolean(),
});

const answerSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('scores'), labels: z.array(z.string()), logProbs: numbers(toFloat64) }),
  z.strictObject({
    kind: z.literal('label'),
    labels: z.array(z.string()),
    label: z.string(),
    confidence: z.optional(number),
  }),
]);

const tokenCountSchema = z.strictObject({ tokens: count, estimated: z.boolean() });

const economySchema = z.strictObject({
  before: tokenCountSchema,
  after: tokenCountSchema,
  cut: z.array(
    z.strictObject({
      kind: z.enum(['whitespace', 'boilerplate', 'turn', 'context']),
      message: count,
      tokens: count,
    }),
  ),
});

const tokenSchema = z.strictObject({ token: z.string(), logProb: number });

/** What was told of tokens, where that was asked for. */
const pieceSchema = z.strictObject({
  text: z.string(),
  logProbs: z.array(number),
  tokens: z.optional(z.array(z.strictObject({ ...tokenSchema.shape, top: z.array(tokenSchema) }))),
});

export const entrySchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('labels'),
    ...commonFields,
    output: classificationSchema,
    answer: answerSchema,
  }),
  z.strictObject({ kind: z.literal('vector'), ...commonFields, vector: numbers(toFloat32) }),
  z.strictObject({
    kind: z.literal('text'),
    ...commonFields,
    text: z.string(),
    finishReason: z.enum(['stop', 'length']),
    labels: z.optional(z.array(z.strictObject({ label: z.string(), logProb: number }))),
    features: z.record(z.string(), number),
    usage: z.strictObject({ inputTokens: count, cachedTokens: count, outputTokens: count }),
    templates: z.record(z.string(), z.string()),
    deltas: z.record(z.string(), z.string()),
    economy: z.optional(economySchema),
    pieces: z.optional(z.array(pieceSchema)),
  }),
  /** A chat that was passed on: the endpoint's own words. */
  z.strictObject({
    kind: z.literal('forwarded'),
    contentType: z.string(),
    body: z.string(),
    saved: savedSchema,
  }),
]);

/** An answer as it is kept. */
export type Entry = z.infer<typeof entrySchema>;
export type EntryOf<Kind extends Entry['kind']> = Extract<Entry, { readonly kind: Kind }>;
export type AnswerEntry = Exclude<Entry, { readonly kind: 'forwarded' }>;
