import { InvalidRequestError } from '@terrace/core';
import type { z } from 'zod';

/** Codes that clients of the OpenAI API know, and those a reader of ours can act upon. */
export type RefusalCode =
  | 'invalid_value'
  | 'invalid_type'
  | 'missing_required_parameter'
  | 'unknown_parameter'
  | 'unsupported_parameter'
  | 'unsupported_schema'
  | 'domain_required';

/** Longest name of a stranger's that is repeated in an error. */
const LONGEST_NAME = 64;

/** A request that is wrong at `param`; the error's shape is made of these facts. */
export function refused({
  message,
  hint,
  param,
  code,
}: {
  readonly message: string;
  readonly hint: string;
  readonly param: string;
  readonly code: RefusalCode;
}): InvalidRequestError {
  return new InvalidRequestError({ message, hint, facts: { param: param.slice(0, LONGEST_NAME), reason: code } });
}

/**
 * Parses a body once. Messages name the parameter and never repeat a value.
 * @throws InvalidRequestError
 */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw refused({
      message: 'The body is not a JSON object.',
      hint: 'Send a JSON object with content-type: application/json.',
      param: 'body',
      code: 'invalid_type',
    });
  }
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues as [z.core.$ZodIssue, ...z.core.$ZodIssue[]];
  throw describe(issue, body);
}

function describe(issue: z.core.$ZodIssue, body: object): InvalidRequestError {
  const at = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    const param = [...at, issue.keys[0] ?? ''].join('.').slice(0, LONGEST_NAME);
    return refused({
      message: `Unknown parameter: "${param}".`,
      hint: 'Leave it out, or correct its spelling.',
      param,
      code: 'unknown_parameter',
    });
  }
  const param = at.join('.').slice(0, LONGEST_NAME) || 'body';
  const [first = ''] = at;
  if (at.length === 1 && !Object.hasOwn(body, first)) {
    return refused({
      message: `Missing required parameter: "${param}".`,
      hint: `Add "${param}".`,
      param,
      code: 'missing_required_parameter',
    });
  }
  return refused({
    message: `Invalid "${param}": ${issue.message}.`,
    hint: `Correct "${param}".`,
    param,
    code: issue.code === 'invalid_type' ? 'invalid_type' : 'invalid_value',
  });
}
