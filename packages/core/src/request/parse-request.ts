import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { DEFAULTS, FAULTS, wrongType } from './request-fields.js';
import type { Request } from './request-schema.js';

export type { Request, RequestInput } from './request-schema.js';

/** Longest text that is accepted, in UTF-8 bytes. */
export const MAX_TEXT_BYTES = 64 * 1024;

/** What a plan depends on: not the text, and not what is decided on the way. */
export type Requirements = Omit<Request, 'text' | 'textBytes' | 'priority' | 'valueUsd' | 'whenOffline'> & {
  /** Tiers among which a deployment has chosen; all without it. No caller can say so. */
  readonly only?: readonly string[] | undefined;
};

/** Field by field, as a rest of an object is copied in the slowest way. */
export function requirementsOf(request: Request, only?: readonly string[]): Requirements {
  const { task, domain, subDomain, minConfidence, maxRisk, deadlineMs, maxCostUsd, residency, policy } = request;
  const all = { task, domain, subDomain, minConfidence, maxRisk, deadlineMs, maxCostUsd, residency, policy, only };
  return all satisfies Record<keyof Requirements, unknown>;
}

/**
 * Parses an untrusted request once. Everything behind it may trust its types and bounds.
 * @throws InvalidRequestError
 */
export function parseRequest(input: unknown): Request {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw malformed('request', wrongType('object', input));
  }
  const request = readFields(input as Fields);
  refuseOthers(input);
  const textBytes = checkText(request.text);
  if (request.subDomain !== undefined && request.domain === undefined) {
    throw refuse('A sub-domain was given without a domain.', 'Name the domain the sub-domain belongs to.');
  }
  return Object.assign(request, { textBytes });
}

const CHECKS = Object.entries(FAULTS).map(
  ([name, faultOf]) => [name, faultOf, DEFAULTS[name as keyof typeof DEFAULTS]] as const,
);

type Fields = Readonly<Record<string, unknown>>;

function readFields(input: Fields): Omit<Request, 'textBytes'> {
  const read: Record<string, unknown> = {};
  for (const [name, faultOf, otherwise] of CHECKS) {
    const value = input[name];
    if (value === undefined && name !== 'text') {
      if (otherwise !== undefined || name in input) read[name] = otherwise;
      continue;
    }
    const fault = faultOf(value);
    if (fault !== undefined) throw malformed(name, fault);
    read[name] = value;
  }
  return read as Omit<Request, 'textBytes'>;
}

/** A field that nobody knows is a requirement that nobody meets. */
function refuseOthers(input: object): void {
  const others: string[] = [];
  // Inherited ones as well: they are read like its own.
  for (const name in input) if (!Object.hasOwn(FAULTS, name)) others.push(`"${name}"`);
  if (others.length > 0) {
    throw malformed('request', `Unrecognized key${others.length > 1 ? 's' : ''}: ${others.join(', ')}`);
  }
}

const malformed = (where: string, fault: string): InvalidRequestError =>
  refuse(`The request is wrong at "${where}": ${fault}.`, `Correct "${where}".`);

function checkText(text: string): number {
  if (text.length > MAX_TEXT_BYTES) throw tooLong(text.length);
  if (text.trim() === '') throw refuse('The text is empty.', 'Send at least one character that is not white space.');
  if (text.includes('\0'))
    throw refuse('The text holds a NUL character.', 'Remove it: it is binary data or a cut-off string.');
  // Most texts are, and need not be looked through again.
  if (ASCII.test(text)) return text.length;
  // A lone surrogate is the one thing a JavaScript string can hold and UTF-8 cannot.
  if (/\p{Surrogate}/u.test(text)) {
    throw refuse('The text holds half of a surrogate pair.', 'Decode it as UTF-8 or UTF-16 before sending it.');
  }
  const bytes = new TextEncoder().encode(text).length;
  if (bytes > MAX_TEXT_BYTES) throw tooLong(bytes);
  return bytes;
}

const ASCII = /^[\0-\x7f]*$/;

function tooLong(bytes: number): InvalidRequestError {
  return refuse(
    `The text is ${bytes} bytes or more; the limit is ${MAX_TEXT_BYTES}.`,
    'Send the part that matters: models read at most a few hundred words.',
  );
}

function refuse(message: string, hint: string): InvalidRequestError {
  return new InvalidRequestError({ message, hint });
}
