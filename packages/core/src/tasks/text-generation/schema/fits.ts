import { accepts } from '../regular/automaton.js';
import type { Bound } from '../regular/number-range.js';
import { sameJson } from './same-json.js';
import type { ArrayShape, ObjectShape, Shape, StringShape } from './shape.js';

/** Deeper values are of no shape but `any`: whoever wrote one is not to end the process. */
const MAX_DEPTH = 512;

/** Whether a value is of a shape, in whatever order its properties are. */
export function fits(shape: Shape, value: unknown): boolean {
  return createFits()(shape, value, 0);
}

type Fits = (shape: Shape, value: unknown, depth: number) => boolean;

/** What is known of parts of the value is kept: branches that ask the same would double with every level. */
function createFits(): Fits {
  const known = new Map<unknown, Map<Shape, boolean>>();
  const fitsPart: Fits = (shape, value, depth) => {
    let ofValue = known.get(value);
    if (ofValue === undefined) known.set(value, (ofValue = new Map()));
    const asked = ofValue.get(shape);
    if (asked !== undefined) return asked;
    // What comes back to itself before it is known is no answer.
    ofValue.set(shape, false);
    const answer = isOf(shape, value, depth, fitsPart);
    ofValue.set(shape, answer);
    return answer;
  };
  return fitsPart;
}

function isOf(shape: Shape, value: unknown, depth: number, fitsPart: Fits): boolean {
  if (depth > MAX_DEPTH) return false;
  switch (shape.kind) {
    case 'any':
      return true;
    case 'null':
      return value === null;
    case 'boolean':
      return typeof value === 'boolean';
    case 'literals':
      return shape.values.some((each) => sameJson(each, value));
    case 'string':
      return typeof value === 'string' && stringFits(shape, value);
    case 'integer':
      return Number.isInteger(value) && within(value as number, shape.low, shape.high);
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && within(value, shape.low, shape.high);
    case 'array':
      return Array.isArray(value) && arrayFits(shape, value, depth + 1, fitsPart);
    case 'object':
      return (
        typeof value === 'object' &&
        value !== null &&
        !Array.isArray(value) &&
        objectFits(shape, value, depth + 1, fitsPart)
      );
    case 'choice':
      return shape.options.some((option) => fitsPart(option, value, depth));
    case 'reference':
      return fitsPart(shape.target(), value, depth);
    default:
      return shape satisfies never;
  }
}

function stringFits({ least, most, accepted }: StringShape, value: string): boolean {
  if (least > 0 || most < Infinity) {
    let length = 0;
    for (const _ of value) length++;
    if (length < least || length > most) return false;
  }
  return accepted === undefined || accepts(accepted, value);
}

function within(value: number, low: Bound | undefined, high: Bound | undefined): boolean {
  const from = low === undefined ? -Infinity : Number(low.micros) / 1e6;
  const to = high === undefined ? Infinity : Number(high.micros) / 1e6;
  return (low?.exclusive ? value > from : value >= from) && (high?.exclusive ? value < to : value <= to);
}

function arrayFits(
  { prefix, items, least, most }: ArrayShape,
  value: readonly unknown[],
  depth: number,
  fitsPart: Fits,
): boolean {
  if (value.length < least || value.length > most) return false;
  return value.every((each, i) => {
    const shape = prefix[i] ?? items;
    return shape !== undefined && fitsPart(shape, each, depth);
  });
}

function objectFits({ properties, others }: ObjectShape, value: object, depth: number, fitsPart: Fits): boolean {
  const given = new Map<string, unknown>(Object.entries(value));
  for (const { name, shape, required } of properties) {
    if (!given.has(name)) {
      if (required) return false;
      continue;
    }
    if (!fitsPart(shape, given.get(name), depth)) return false;
    given.delete(name);
  }
  return (
    given.size === 0 || (others !== undefined && [...given.values()].every((each) => fitsPart(others, each, depth)))
  );
}
