import { z } from 'zod/mini';
import { inEnglish } from '../errors/in-english.js';
import { InvalidDataError } from '../errors/invalid-data-error.js';
import { patternCost, REACH_UNITS } from './pattern-cost.js';

const MOST_PATTERNS = 64;
const LONGEST_SOURCE = 512;
/** Keeps the worst text of 64 KiB well below a second a pattern. */
const MOST_WAYS = 1024;

/** What Terrace finds without being told. */
export const BUILT_IN_KINDS = ['email', 'iban', 'card', 'phone'] as const;

const patternSchema = z
  .strictObject({
    /** What its values are called: `employee-id` becomes `[EMPLOYEE_ID_1]`. */
    name: z.string().check(
      z.maxLength(32),
      z.regex(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/, 'lower-case letters, digits and single "-"'),
      z.refine((name) => !BUILT_IN_KINDS.some((kind) => kind === name), 'a name that no built-in kind has'),
    ),
    /** Source of a regular expression. */
    pattern: z.string().check(z.minLength(1), z.maxLength(LONGEST_SOURCE)),
    /** `i`, `m`, `s` and one of `u` and `v`; `u` where neither is given. */
    flags: z.optional(
      z.string().check(z.regex(/^(?!.*(.).*\1)[imsuv]*$/, 'each of "i", "m", "s", "u" and "v" at most once')),
    ),
  })
  .check(
    z.superRefine(({ pattern, flags }, context) => {
      const message = fault(pattern, withUnicode(flags));
      if (message !== undefined) context.addIssue({ code: 'custom', path: ['pattern'], message });
    }),
  );

/** The operator's own patterns, as in `terrace.config.json`. */
export const redactionPatternsSchema = z.array(patternSchema).check(
  z.maxLength(MOST_PATTERNS),
  z.refine((patterns) => new Set(patterns.map(({ name }) => name)).size === patterns.length, 'names that differ'),
);

/** A pattern of the operator: a name, a regular expression and its flags. */
export type OwnPattern = z.infer<typeof patternSchema>;

export interface CompiledPattern {
  readonly kind: string;
  readonly regex: RegExp;
}

/** @throws InvalidDataError when a pattern is wrong or could be slow */
export function compilePatterns(patterns: readonly OwnPattern[]): CompiledPattern[] {
  const parsed = redactionPatternsSchema.safeParse(patterns, { error: inEnglish });
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    throw new InvalidDataError({
      message: `The patterns to redact are wrong at "${where}": ${issue?.message ?? 'unreadable'}.`,
      hint: `Correct "${where}" of the patterns.`,
    });
  }
  return parsed.data.map(({ name, pattern, flags }) => ({
    kind: name,
    regex: new RegExp(pattern, `${withUnicode(flags)}g`),
  }));
}

const withUnicode = (flags = ''): string => (/[uv]/.test(flags) ? flags : `${flags}u`);

function fault(pattern: string, flags: string): string | undefined {
  try {
    if (new RegExp(pattern, flags).test('')) return 'it matches the empty text';
  } catch {
    return 'a regular expression that compiles with the flag "u" or "v"';
  }
  if (/\\(?:[1-9]|k<)/.test(pattern)) return 'without references back to groups';
  if (/\\q\{|\\p\{(?:Basic_Emoji|Emoji_Keycap|RGI_)/.test(pattern)) return 'without classes of several characters';
  const { ways, shortest } = patternCost(pattern, flags);
  if (shortest === 0) return 'it matches the empty text';
  if (shortest > REACH_UNITS) return `what it matches must fit ${REACH_UNITS} characters`;
  if (ways > MOST_WAYS) {
    return 'it could take very long: repeat no group that repeats, bound the others, as in {1,8}, or end them with a character they cannot contain';
  }
  return undefined;
}
