import { z } from 'zod/mini';

/**
 * Words for what a schema refuses: those of the library's own English, without its table of formats that core has not.
 * Given to each parse, because a language that is set holds for all of the page.
 */
export const inEnglish: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return `Invalid input: expected ${issue.expected}, received ${typeOf(issue.input)}`;
    case 'invalid_value':
      return issue.values.length === 1
        ? `Invalid input: expected ${quoted(issue.values)}`
        : `Invalid option: expected one of ${quoted(issue.values)}`;
    case 'too_small':
      return `Too small: expected ${issue.origin} to ${bound('>', issue.minimum, issue)}`;
    case 'too_big':
      return `Too big: expected ${issue.origin} to ${bound('<', issue.maximum, issue)}`;
    case 'invalid_format':
      return `Invalid ${issue.format === 'datetime' ? 'ISO datetime' : issue.format}`;
    case 'unrecognized_keys':
      return `Unrecognized key${issue.keys.length > 1 ? 's' : ''}: ${issue.keys.map((key) => `"${key}"`).join(', ')}`;
    case 'invalid_key':
      return `Invalid key in ${issue.origin}`;
    default:
      return 'Invalid input';
  }
};

const typeOf = (input: unknown): string =>
  typeof input === 'number' && !Number.isFinite(input) ? String(input) : z.core.util.parsedType(input);

const quoted = (values: readonly unknown[]): string =>
  values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value))).join('|');

function bound(
  sign: '<' | '>',
  limit: number | bigint,
  { origin, inclusive }: { origin: string; inclusive?: boolean },
) {
  const to = `${sign}${inclusive ? '=' : ''}${limit}`;
  if (origin === 'string') return `have ${to} characters`;
  return origin === 'array' ? `have ${to} items` : `be ${to}`;
}
