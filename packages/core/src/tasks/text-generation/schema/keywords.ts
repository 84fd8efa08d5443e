import { isRecord } from '../is-record.js';
import { microsOf, numberRange, type Bound } from '../regular/number-range.js';
import { SchemaRefusal } from './schema-refusal.js';
import type { NumberShape } from './shape.js';

export type Raw = Readonly<Record<string, unknown>>;

const MAX_COUNT = 1_000_000;

/** @throws SchemaRefusal */
export function readNumber(kind: 'integer' | 'number', asked: Raw, pointer: string): NumberShape {
  const bound = (keyword: string, exclusive: boolean): Bound | undefined => {
    const value = asked[keyword];
    if (value === undefined) return undefined;
    const micros = typeof value === 'number' ? microsOf(value) : undefined;
    if (micros === undefined)
      throw new SchemaRefusal(`${pointer}/${keyword}`, 'it is no number of at most 15 digits and 6 behind the point');
    return { micros, exclusive };
  };
  /** The one that leaves less. */
  const tighter = (a: Bound | undefined, b: Bound | undefined, sign: 1n | -1n): Bound | undefined => {
    if (a === undefined || b === undefined) return a ?? b;
    return (a.micros - b.micros) * sign > 0n ? a : b;
  };
  const low = tighter(bound('minimum', false), bound('exclusiveMinimum', true), 1n);
  const high = tighter(bound('maximum', false), bound('exclusiveMaximum', true), -1n);
  if (numberRange(low, high, kind === 'integer' ? 0 : 6) === undefined)
    throw new SchemaRefusal(pointer, 'there is no number in its bounds');
  return { kind, low, high };
}

/** @throws SchemaRefusal */
export function boundsOf(
  asked: Raw,
  lower: string,
  upper: string,
  pointer: string,
): { readonly least: number; readonly most: number } {
  const count = (keyword: string, otherwise: number): number => {
    const value = asked[keyword] ?? otherwise;
    if (
      typeof value === 'number' &&
      value >= 0 &&
      (value === Infinity || (Number.isInteger(value) && value <= MAX_COUNT))
    )
      return value;
    throw new SchemaRefusal(`${pointer}/${keyword}`, `it is no count up to ${MAX_COUNT}`);
  };
  const [least, most] = [count(lower, 0), count(upper, Infinity)];
  if (least > most) throw new SchemaRefusal(pointer, 'it allows nothing');
  return { least, most };
}

export function recordAt(value: unknown, pointer: string): Raw {
  if (value === true) return {};
  if (!isRecord(value)) throw new SchemaRefusal(pointer, 'it is no schema');
  return value;
}

export function listOf(value: unknown, pointer: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new SchemaRefusal(pointer, 'it is no list');
  if (value.length === 0) throw new SchemaRefusal(pointer, 'there is nothing in it');
  return value;
}

export function namesOf(value: unknown, pointer: string): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value;
  throw new SchemaRefusal(pointer, 'it is no list of names');
}

export function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

export function unescaped(part: string, pointer: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    throw new SchemaRefusal(`${pointer}/$ref`, 'it is no pointer');
  }
}
