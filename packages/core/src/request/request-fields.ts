import type { Request, RequestInput } from './request-schema.js';

/** What is wrong with a value, in words; undefined when nothing is. */
type FaultOf = (value: unknown) => string | undefined;

const oneOf =
  (...names: readonly string[]): FaultOf =>
  (value) =>
    names.includes(value as string)
      ? undefined
      : `Invalid option: expected one of ${names.map((name) => `"${name}"`).join('|')}`;

const text =
  (least: number, most: number): FaultOf =>
  (value) => {
    if (typeof value !== 'string') return wrongType('string', value);
    if (value.length < least) return `Too small: expected string to have >=${least} characters`;
    return value.length > most ? `Too big: expected string to have <=${most} characters` : undefined;
  };

type Bound = (value: number) => string | undefined;

const number =
  (...bounds: readonly Bound[]): FaultOf =>
  (value) => {
    if (!Number.isFinite(value)) return wrongType('number', value);
    for (const bound of bounds) {
      const fault = bound(value as number);
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

const above =
  (limit: number): Bound =>
  (value) =>
    value > limit ? undefined : `Too small: expected number to be >${limit}`;
const atLeast =
  (limit: number): Bound =>
  (value) =>
    value >= limit ? undefined : `Too small: expected number to be >=${limit}`;
const below =
  (limit: number): Bound =>
  (value) =>
    value < limit ? undefined : `Too big: expected number to be <${limit}`;
const atMost =
  (limit: number): Bound =>
  (value) =>
    value <= limit ? undefined : `Too big: expected number to be <=${limit}`;

/** What `requestSchema` says of each field, in its order. */
export const FAULTS: { readonly [Field in keyof RequestInput]-?: FaultOf } = {
  task: oneOf('text-classification', 'feature-extraction'),
  text: text(0, Infinity),
  domain: text(1, 256),
  subDomain: text(1, 128),
  minConfidence: number(atLeast(0), atMost(1)),
  maxRisk: number(above(0), below(1)),
  deadlineMs: number(above(0), atMost(86_400_000)),
  maxCostUsd: number(atLeast(0)),
  valueUsd: number(above(0), atMost(1_000_000)),
  residency: oneOf('device', 'site', 'cloud'),
  policy: text(1, 128),
  priority: oneOf('high', 'normal', 'low'),
  whenOffline: oneOf('degrade', 'queue'),
};

/** Of fields that may be left out and are there all the same. */
export const DEFAULTS: Partial<Request> = {
  task: 'text-classification',
  valueUsd: 0.01,
  residency: 'cloud',
  policy: 'cascade',
  priority: 'normal',
  whenOffline: 'degrade',
};

export const wrongType = (expected: string, value: unknown): string =>
  `Invalid input: expected ${expected}, received ${typeOf(value)}`;

function typeOf(value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value !== 'object') return typeof value;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  // Of a class it is its name; a class is a stranger's, and its name may be anything.
  const { constructor: made } = value as { constructor?: { name?: unknown } };
  return Object.getPrototypeOf(value) !== Object.prototype && made ? String(made.name) : 'object';
}
