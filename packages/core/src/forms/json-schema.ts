import { InvalidRequestError } from '../errors/invalid-request-error.js';

/** A JSON schema of a stranger's: read step by step, and never deeper than it is followed. */
export type Schema = Readonly<Record<string, unknown>>;

export interface SchemaPlace {
  /** Where its definitions are. */
  readonly root: Schema;
  /** Where the schema stands in the request. */
  readonly param: string;
}

/** Keywords that only describe. */
const REMARKS = ['title', 'description', 'default', 'examples', 'deprecated', '$schema', '$id', '$comment', 'strict'];
/** Longest place that is repeated in an error: names in it are a stranger's. */
const LONGEST_PLACE = 64;
const MAX_REFERENCES = 8;
const MAX_PROPERTIES = 256;

/** Strings that `enum` or `const` name. */
export function namedValues(schema: Schema): string[] | undefined {
  if (typeof schema['const'] === 'string') return [schema['const']];
  if (!Array.isArray(schema['enum'])) return undefined;
  const strings = schema['enum'].filter((each): each is string => typeof each === 'string');
  return strings.length > 0 ? strings : undefined;
}

/**
 * Follows references into the schema itself, and takes `null` out of the alternatives.
 * @throws InvalidRequestError when it can be several things, or says something beside that
 */
export function resolve(start: Schema, { root, param }: SchemaPlace): { schema: Schema; nullable: boolean } {
  let schema = start;
  let nullable = false;
  for (let steps = 0; steps < MAX_REFERENCES; steps++) {
    const reference = schema['$ref'];
    const alternatives = schema['anyOf'] ?? schema['oneOf'];
    if (typeof reference === 'string') {
      requireOnly(schema, ['$ref', '$defs', 'definitions'], param);
      schema = referred(root, reference, param);
    } else if (Array.isArray(alternatives)) {
      requireOnly(schema, ['anyOf', 'oneOf', 'type', '$defs', 'definitions'], param);
      const real = alternatives.filter((each): each is Schema => isSchema(each) && each['type'] !== 'null');
      nullable ||= real.length < alternatives.length;
      schema = oneOf(real, param);
    } else if (Array.isArray(schema['type'])) {
      const types = schema['type'].filter((type) => type !== 'null');
      if (types.length !== 1) throw cannot(param, 'it leaves the type of a value open');
      nullable ||= types.length < schema['type'].length;
      schema = { ...schema, type: types[0] as unknown };
    } else {
      return { schema, nullable: nullable || schema['type'] === 'null' };
    }
  }
  throw cannot(param, 'its references lead too far');
}

/** Several named strings are one list of names; anything else must stand alone. */
function oneOf(alternatives: readonly Schema[], param: string): Schema {
  const [first] = alternatives;
  if (first && alternatives.length === 1) return first;
  for (const each of alternatives) requireOnly(each, ['type', 'enum', 'const'], param);
  const named = alternatives.map(namedValues);
  if (named.length === 0 || named.includes(undefined)) throw cannot(param, 'its alternatives are not names');
  return { type: 'string', enum: named.flatMap((names) => names ?? []) };
}

function referred(root: Schema, reference: string, param: string): Schema {
  const [, group = '', name = ''] = /^#\/(\$defs|definitions)\/([^/~%]+)$/.exec(reference) ?? [];
  const definitions = root[group];
  const found = isSchema(definitions) && Object.hasOwn(definitions, name) ? definitions[name] : undefined;
  if (!isSchema(found)) throw cannot(param, 'it refers to something that is not in its own definitions');
  return found;
}

export function readProperties(schema: Schema, param: string): ReadonlyMap<string, Schema> {
  const properties = schema['properties'] ?? {};
  if (!isSchema(properties)) throw cannot(param, 'its properties are not an object');
  const entries = Object.entries(properties);
  if (entries.length > MAX_PROPERTIES) throw cannot(param, `it has more than ${MAX_PROPERTIES} properties`);
  return new Map(
    entries.map(([name, property]) => {
      if (!isSchema(property)) throw cannot(param, 'a property of it is not an object');
      return [name, property];
    }),
  );
}

/** What we do not read, we cannot promise. */
export function requireOnly(schema: Schema, words: readonly string[], param: string): void {
  const foreign = Object.keys(schema).find((word) => !words.includes(word) && !REMARKS.includes(word));
  if (foreign !== undefined) throw cannot(param, `it says "${foreign.slice(0, 40)}", which is not understood`);
}

export const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function cannot(param: string, why: string): InvalidRequestError {
  return new InvalidRequestError({
    message: `No answer can satisfy the schema: ${why}.`,
    hint: 'Ask for an object with a property "label" that lists labels of the domain, and perhaps a number "confidence".',
    facts: { param: param.slice(0, LONGEST_PLACE), reason: 'unsupported_schema' },
  });
}
