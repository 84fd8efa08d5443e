import type { Finding } from './finding.js';
import {
  cannot,
  isSchema,
  namedValues,
  readProperties,
  requireOnly,
  resolve,
  type Schema,
  type SchemaPlace,
} from './json-schema.js';

/** What an answer under a JSON schema is made of. */
export type Part =
  | { readonly kind: 'label' }
  | { readonly kind: 'confidence'; readonly ifUnknown: 'leave out' | 'null' | 'refuse' }
  | { readonly kind: 'outOfScope' }
  | { readonly kind: 'fixed'; readonly value: unknown }
  | { readonly kind: 'object'; readonly parts: readonly (readonly [name: string, part: Part])[] };

/** How a JSON schema is filled, and with which labels it can be. */
export interface SchemaForm {
  readonly root: Part;
  /** Labels of the domain that the schema has a place for. */
  readonly allowed: ReadonlySet<string>;
}

/** What a client calls the label, first choice first, and how sure we are of it. */
const LABEL_NAMES = ['label', 'intent', 'category', 'class', 'result'];
const CONFIDENCE_NAMES = ['confidence', 'score', 'probability'];
const OUT_OF_SCOPE_NAMES = ['outOfScope', 'out_of_scope'];

const STRING_WORDS = ['type', 'enum', 'const', 'minLength', 'maxLength'];
const NUMBER_WORDS = ['type', 'minimum', 'maximum'];
const BOOLEAN_WORDS = ['type'];
const OBJECT_WORDS = ['type', 'properties', 'required', 'additionalProperties', '$defs', 'definitions'];

interface Context extends SchemaPlace {
  readonly labels: readonly string[];
}

/**
 * How a JSON schema is filled with a label, before anything is run.
 * @param labels all labels of the domain
 * @throws InvalidRequestError when no label can satisfy the schema, or when it says something we cannot promise
 */
export function planForm(schema: unknown, labels: readonly string[], param: string): SchemaForm {
  if (!isSchema(schema)) throw cannot(param, 'it is not an object');
  const context: Context = { root: schema, labels, param };
  const { schema: root } = resolve(schema, context);
  const direct = allowedLabels(root, context);
  if (direct) return { root: { kind: 'label' }, allowed: requireSome(direct, param) };
  return planObject(root, context);
}

/** The free form: what a client gets that asks for JSON and says no more. */
export const freeForm = (labels: readonly string[]): SchemaForm => ({
  root: {
    kind: 'object',
    parts: [
      ['label', { kind: 'label' }],
      ['confidence', { kind: 'confidence', ifUnknown: 'null' }],
    ],
  },
  allowed: new Set(labels),
});

/** A value as the form wants it; undefined when it wants a confidence that nobody knows. */
export function fillForm(part: Part, finding: Finding): unknown {
  switch (part.kind) {
    case 'label':
      return finding.label;
    case 'confidence':
      if (finding.confidence !== undefined) return finding.confidence;
      return part.ifUnknown === 'null' ? null : undefined;
    case 'outOfScope':
      return finding.outOfScope;
    case 'fixed':
      return part.value;
    case 'object': {
      const entries: [string, unknown][] = [];
      for (const [name, each] of part.parts) {
        const value = fillForm(each, finding);
        if (value !== undefined) entries.push([name, value]);
        else if (each.kind === 'confidence' && each.ifUnknown === 'refuse') return undefined;
      }
      return Object.fromEntries(entries);
    }
    default:
      return part satisfies never;
  }
}

function planObject(schema: Schema, context: Context): SchemaForm {
  const { param, labels } = context;
  if (schema['type'] !== 'object' && !isSchema(schema['properties']))
    throw cannot(param, 'it describes neither an object nor a string');
  requireOnly(schema, OBJECT_WORDS, param);
  const properties = readProperties(schema, param);
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const nowhere = [...required].find((name) => typeof name !== 'string' || !properties.has(name));
  if (nowhere !== undefined) throw cannot(param, 'it requires a property that it does not describe');
  if (properties.size === 0 && schema['additionalProperties'] !== false && 'properties' in schema === false) {
    return freeForm(labels);
  }
  const label = chooseLabel(properties, context);
  const parts: [string, Part][] = [];
  for (const [name, property] of properties) {
    const part: Part | undefined =
      name === label.name ? { kind: 'label' } : planProperty(name, property, required.has(name), context);
    if (part) parts.push([name, part]);
  }
  return { root: { kind: 'object', parts }, allowed: requireSome(label.allowed, `${param}.properties.${label.name}`) };
}

/** The property that takes the label: by its name, or because it is the only one that can. */
function chooseLabel(
  properties: ReadonlyMap<string, Schema>,
  context: Context,
): { readonly name: string; readonly allowed: ReadonlySet<string> } {
  const able: { name: string; allowed: ReadonlySet<string>; isEnum: boolean }[] = [];
  let failure: unknown;
  for (const [name, property] of properties) {
    try {
      const { schema } = resolve(property, context);
      const allowed = allowedLabels(schema, context);
      if (allowed) able.push({ name, allowed, isEnum: namedValues(schema) !== undefined });
    } catch (error) {
      // Nothing is lost as long as another property takes the label.
      failure ??= error;
    }
  }
  if (able.length === 0 && failure) throw failure;
  const byName = LABEL_NAMES.map((wanted) => able.find(({ name }) => name.toLowerCase() === wanted)).find(Boolean);
  if (byName) return byName;
  const enums = able.filter(({ isEnum, allowed }) => isEnum && allowed.size > 0);
  const only = enums.length === 1 ? enums[0] : able.length === 1 ? able[0] : undefined;
  if (only) return only;
  throw cannot(
    context.param,
    able.length === 0
      ? 'no property of it takes a label'
      : `several properties could take the label; call one of them ${LABEL_NAMES.slice(0, 4).join(', ')}`,
  );
}

function planProperty(name: string, property: Schema, required: boolean, context: Context): Part | undefined {
  const isKnown = CONFIDENCE_NAMES.includes(name.toLowerCase()) || OUT_OF_SCOPE_NAMES.includes(name);
  if (!required && !isKnown) return undefined;
  const where = `${context.param}.properties.${name}`;
  const { schema, nullable } = resolve(property, { ...context, param: where });
  if (CONFIDENCE_NAMES.includes(name.toLowerCase()) && schema['type'] === 'number') {
    requireOnly(schema, NUMBER_WORDS, where);
    const [least, most] = [schema['minimum'] ?? 0, schema['maximum'] ?? 1];
    const holds = typeof least === 'number' && least <= 0 && typeof most === 'number' && most >= 1;
    if (!holds) throw cannot(where, 'a confidence is between 0 and 1');
    return { kind: 'confidence', ifUnknown: required ? (nullable ? 'null' : 'refuse') : 'leave out' };
  }
  if (OUT_OF_SCOPE_NAMES.includes(name) && schema['type'] === 'boolean') {
    requireOnly(schema, BOOLEAN_WORDS, where);
    return { kind: 'outOfScope' };
  }
  if (!required) return undefined;
  if ('const' in schema) return { kind: 'fixed', value: schema['const'] };
  if (Array.isArray(schema['enum']) && schema['enum'].length === 1) return { kind: 'fixed', value: schema['enum'][0] };
  if (nullable) return { kind: 'fixed', value: null };
  throw cannot(where, 'a classification has nothing to fill it with');
}

/** Labels that a schema of a string takes; undefined when it is not a string's. */
function allowedLabels(schema: Schema, { labels, param }: Context): ReadonlySet<string> | undefined {
  const named = namedValues(schema);
  const isString = schema['type'] === 'string' || (schema['type'] === undefined && named !== undefined);
  if (!isString) return undefined;
  requireOnly(schema, STRING_WORDS, param);
  const { minLength = 0, maxLength = Infinity } = schema as { minLength?: unknown; maxLength?: unknown };
  const values = named && new Set(named);
  return new Set(
    labels.filter((label) => {
      // JSON Schema counts characters, not UTF-16 units.
      const length = [...label].length;
      return (!values || values.has(label)) && length >= Number(minLength) && length <= Number(maxLength);
    }),
  );
}

function requireSome(allowed: ReadonlySet<string>, param: string): ReadonlySet<string> {
  if (allowed.size > 0) return allowed;
  throw cannot(param, 'none of the labels of the domain is among its values');
}
