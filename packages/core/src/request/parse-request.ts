import { z } from 'zod/mini';
import { inEnglish } from '../errors/in-english.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { placementSchema, taskSchema } from '../catalog/fields.js';

/** Longest text that is accepted, in UTF-8 bytes. */
export const MAX_TEXT_BYTES = 64 * 1024;

/** A request as it may come from anywhere. */
export const requestSchema = z.strictObject({
  task: z._default(taskSchema, 'text-classification'),
  text: z.string(),
  domain: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
  subDomain: z.optional(z.string().check(z.minLength(1), z.maxLength(128))),
  /** Smallest calibrated probability of being right that is accepted, in [0, 1]. */
  minConfidence: z.optional(z.number().check(z.minimum(0), z.maximum(1))),
  /** Largest share of wrong answers among accepted ones, in (0, 1); needs a certificate. */
  maxRisk: z.optional(z.number().check(z.gt(0), z.lt(1))),
  /** Milliseconds until the best answer so far is wanted. */
  deadlineMs: z.optional(z.number().check(z.positive(), z.maximum(86_400_000))),
  /** Most that all calls for it together may cost. */
  maxCostUsd: z.optional(z.number().check(z.nonnegative())),
  /** What a right answer is worth: a climb that costs money must be expected to earn its price. */
  valueUsd: z._default(z.number().check(z.positive(), z.maximum(1e6)), 0.01),
  /** Furthest placement the text may travel to. */
  residency: z._default(placementSchema, 'cloud'),
  /** `cascade` climbs; a tier id runs that tier alone, without fusion. */
  policy: z._default(z.string().check(z.minLength(1), z.maxLength(128)), 'cascade'),
  /** Who goes first where requests wait. */
  priority: z._default(z.enum(['high', 'normal', 'low']), 'normal'),
  /** When the tier it needs cannot be reached: the best answer so far, or that and a better one later. */
  whenOffline: z._default(z.enum(['degrade', 'queue']), 'degrade'),
});

/** As a caller writes it: what has a default may be left out. */
export type RequestInput = z.input<typeof requestSchema>;
/** As it was parsed. */
export type Request = z.infer<typeof requestSchema> & { readonly textBytes: number };

/** What a plan depends on: not the text, and not what is decided on the way. */
export type Requirements = Omit<Request, 'text' | 'textBytes' | 'priority' | 'valueUsd' | 'whenOffline'>;

export function requirementsOf(request: Request): Requirements {
  const { text: _, textBytes: _bytes, priority: _priority, valueUsd: _value, whenOffline: _when, ...rest } = request;
  return rest;
}

/**
 * Parses an untrusted request once. Everything behind it may trust its types and bounds.
 * @throws InvalidRequestError
 */
export function parseRequest(input: unknown): Request {
  const parsed = requestSchema.safeParse(input);
  if (!parsed.success) throw malformed(input);
  const textBytes = checkText(parsed.data.text);
  if (parsed.data.subDomain !== undefined && parsed.data.domain === undefined) {
    throw refuse('A sub-domain was given without a domain.', 'Name the domain the sub-domain belongs to.');
  }
  return Object.assign(parsed.data, { textBytes });
}

/** Parsed once more, for the words: to be given a language triples what a parse takes, and most requests are right. */
function malformed(input: unknown): InvalidRequestError {
  const issue = requestSchema.safeParse(input, { error: inEnglish }).error?.issues[0];
  const where = issue?.path.join('.') || 'request';
  return refuse(`The request is wrong at "${where}": ${issue?.message ?? 'unreadable'}.`, `Correct "${where}".`);
}

function checkText(text: string): number {
  if (text.length > MAX_TEXT_BYTES) throw tooLong(text.length);
  if (text.trim() === '') throw refuse('The text is empty.', 'Send at least one character that is not white space.');
  if (text.includes('\0'))
    throw refuse('The text holds a NUL character.', 'Remove it: it is binary data or a cut-off string.');
  if (!isWellFormed(text)) {
    throw refuse('The text holds half of a surrogate pair.', 'Decode it as UTF-8 or UTF-16 before sending it.');
  }
  const bytes = utf8Length(text);
  if (bytes > MAX_TEXT_BYTES) throw tooLong(bytes);
  return bytes;
}

const ASCII = /^[\0-\x7f]*$/;

/** A lone surrogate is the one thing a JavaScript string can hold and UTF-8 cannot. */
function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

function utf8Length(text: string): number {
  if (ASCII.test(text)) return text.length;
  return new TextEncoder().encode(text).length;
}

function tooLong(bytes: number): InvalidRequestError {
  return refuse(
    `The text is ${bytes} bytes or more; the limit is ${MAX_TEXT_BYTES}.`,
    'Send the part that matters: models read at most a few hundred words.',
  );
}

function refuse(message: string, hint: string): InvalidRequestError {
  return new InvalidRequestError({ message, hint });
}
