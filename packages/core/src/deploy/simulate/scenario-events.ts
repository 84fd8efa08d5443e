import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { ScenarioEvent } from './scenario.js';

const HINT =
  'Write a list of {"kind": "arrival" | "departure" | "price" | "quality", "window": 3, "arm": "name"}, with "factor" for a price and "shift" for a quality.';

/** Fields of an event beside its kind. */
const FIELDS: Readonly<Record<ScenarioEvent['kind'], readonly string[]>> = {
  arrival: ['window', 'arm'],
  departure: ['window', 'arm'],
  price: ['window', 'arm', 'factor'],
  quality: ['window', 'arm', 'shift'],
};

/**
 * Reads a list of events, arms by their names.
 * @param arms names of the table's arms
 * @throws InvalidDataError with the number of the event, from 1
 */
export function readScenarioEvents(text: string, arms: readonly string[]): readonly ScenarioEvent[] {
  let list: unknown;
  try {
    list = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (cause) {
    throw new InvalidDataError({ message: 'The events are not JSON.', hint: HINT, cause });
  }
  if (!Array.isArray(list)) throw new InvalidDataError({ message: 'The events are no list.', hint: HINT });
  return list.map((entry: unknown, index) => eventOf(entry, index + 1, arms));
}

function eventOf(entry: unknown, number: number, arms: readonly string[]): ScenarioEvent {
  const wrong = (why: string): InvalidDataError =>
    new InvalidDataError({ message: `Event ${number} ${why}.`, hint: HINT, facts: { event: number } });
  const fields = (typeof entry === 'object' && entry !== null ? entry : {}) as Readonly<Record<string, unknown>>;
  const { kind, window, arm: name } = fields;
  if (!isKind(kind)) throw wrong('has no kind that is known');
  const unknown = Object.keys(fields).find((field) => field !== 'kind' && !FIELDS[kind].includes(field));
  if (unknown !== undefined) throw wrong(`has a field "${unknown.slice(0, 40)}" that no ${kind} has`);
  const numberIn = (field: string): number => {
    const value = fields[field];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw wrong(`has no number "${field}"`);
  };
  const arm = typeof name === 'string' ? arms.indexOf(name) : -1;
  if (arm < 0) throw wrong(`names no model of the table: "${String(name).slice(0, 80)}"`);
  const at = { window: numberIn('window'), arm };
  if (!Number.isSafeInteger(window)) throw wrong('has a window that is no whole number');
  switch (kind) {
    case 'arrival':
    case 'departure':
      return { kind, ...at };
    case 'price':
      return { kind, ...at, factor: numberIn('factor') };
    case 'quality':
      return { kind, ...at, shift: numberIn('shift') };
    default:
      return kind satisfies never;
  }
}

const isKind = (kind: unknown): kind is ScenarioEvent['kind'] =>
  typeof kind === 'string' && Object.hasOwn(FIELDS, kind);

/**
 * An event as a flag says it: `name@3` arrives, `name@5:x0.5` costs half, `name@6:-0.1` is a tenth worse. Names may hold both
 * signs: the last ones count.
 * @throws InvalidRequestError
 */
export function parseScenarioEvent(
  kind: 'arrival' | 'price' | 'quality',
  text: string,
  arms: readonly string[],
): ScenarioEvent {
  const [, name = '', window = '', value = ''] = PATTERNS[kind].exec(text) ?? [];
  const wanted = { arrival: '"name@3"', price: '"name@5:x0.5"', quality: '"name@6:-0.1"' }[kind];
  if (name === '') {
    throw new InvalidRequestError({ message: `"${text.slice(0, 80)}" is not ${wanted}.`, hint: `Write ${wanted}.` });
  }
  const arm = arms.indexOf(name);
  if (arm < 0) {
    throw new InvalidRequestError({
      message: `The table has no model "${name.slice(0, 80)}".`,
      hint: `Name one of: ${arms.slice(0, 20).join(', ')}.`,
      facts: { model: name.slice(0, 80) },
    });
  }
  const at = { window: Number(window), arm };
  switch (kind) {
    case 'arrival':
      return { kind, ...at };
    case 'price':
      return { kind, ...at, factor: Number(value) };
    case 'quality':
      return { kind, ...at, shift: Number(value) };
    default:
      return kind satisfies never;
  }
}

const PATTERNS = {
  arrival: /^(.+)@(\d+)$/s,
  price: /^(.+)@(\d+):x(\d+\.?\d*|\.\d+)$/s,
  quality: /^(.+)@(\d+):([+-]?(?:\d+\.?\d*|\.\d+))$/s,
} as const;
