import { SchemaRefusal } from './schema-refusal.js';
import { sameJson } from './same-json.js';

type Raw = Readonly<Record<string, unknown>>;

/**
 * One schema for what two ask for at once, as far as that is the union of their keywords.
 * @throws SchemaRefusal where both say different things of one keyword
 */
export function mergeSchemas(a: Raw, b: Raw, pointer: string): Raw {
  const merged: Record<string, unknown> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    if (!Object.hasOwn(a, key) || sameJson(a[key], value)) merged[key] = value;
    else merged[key] = mergeKeyword(key, a[key], value, pointer);
  }
  for (const [closed, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const names = Object.keys(propertiesOf(closed));
    const further = Object.keys(propertiesOf(other)).some((name) => !names.includes(name));
    if (Object.hasOwn(closed, 'additionalProperties') && closed['additionalProperties'] !== true && further)
      throw new SchemaRefusal(
        pointer,
        "schemas of objects that exclude each other's properties cannot be put together",
      );
  }
  return merged;
}

function mergeKeyword(key: string, a: unknown, b: unknown, pointer: string): unknown {
  switch (key) {
    case 'properties':
      return mergeProperties(propertiesOf({ properties: a }), propertiesOf({ properties: b }), pointer);
    case 'required':
      if (Array.isArray(a) && Array.isArray(b)) return [...new Set<unknown>([...a, ...b])];
      break;
    case 'type': {
      const common = typesOf(a).filter((type) => typesOf(b).includes(type));
      if (common.length > 0) return common;
      break;
    }
    case 'minLength':
    case 'minItems':
    case 'minimum':
    case 'exclusiveMinimum':
      if (typeof a === 'number' && typeof b === 'number') return Math.max(a, b);
      break;
    case 'maxLength':
    case 'maxItems':
    case 'maximum':
    case 'exclusiveMaximum':
      if (typeof a === 'number' && typeof b === 'number') return Math.min(a, b);
      break;
    case 'additionalProperties':
      if (a === true || b === true) return a === true ? b : a;
      break;
    case 'title':
    case 'description':
    case 'default':
    case 'examples':
    case '$comment':
      return a;
  }
  throw new SchemaRefusal(pointer, `two different values of "${key}" cannot be put together`);
}

function mergeProperties(a: Raw, b: Raw, pointer: string): Raw {
  const merged = new Map<string, unknown>(Object.entries(a));
  for (const [name, schema] of Object.entries(b))
    merged.set(
      name,
      merged.has(name) && !sameJson(merged.get(name), schema) ? { allOf: [merged.get(name), schema] } : schema,
    );
  if (merged.has('__proto__')) throw new SchemaRefusal(pointer, 'a property "__proto__" cannot be put together');
  return Object.fromEntries(merged);
}

function propertiesOf(schema: Raw): Raw {
  const properties = schema['properties'];
  return typeof properties === 'object' && properties !== null ? (properties as Raw) : {};
}

function typesOf(type: unknown): readonly unknown[] {
  return Array.isArray(type) ? type : [type];
}
