import { isRecord } from '../is-record.js';
import { createAutomaton, TooManyStates } from '../regular/automaton.js';
import { jsonText } from '../regular/json-text.js';
import { parsePattern, PatternRefused } from '../regular/parse-pattern.js';
import { lengthsOf } from '../regular/regular.js';
import { createCanEnd, referencesBelow } from './can-end.js';
import { disjoint } from './disjoint.js';
import { refuseEndlessAliases } from './endless-aliases.js';
import { fits } from './fits.js';
import { FORMATS } from './formats.js';
import { boundsOf, escaped, listOf, namesOf, readNumber, recordAt, unescaped, type Raw } from './keywords.js';
import { mergeSchemas } from './merge-schemas.js';
import { sameJson } from './same-json.js';
import { SchemaRefusal } from './schema-refusal.js';
import { checkSize } from './schema-size.js';
import type { Json, Shape, StringShape } from './shape.js';

const MAX_STATES = 10_000;
const MAX_LITERALS = 1024;
const MAX_PROPERTIES = 1024;
const MAX_BRANCHES = 64;
/** What is put together with others is read anew wherever it is, and may hold itself. */
const MAX_READ = 20_000;
const MAX_READ_DEPTH = 128;
const ANY: Shape = { kind: 'any' };

const SAID_FOR_READERS = new Set([
  'title',
  'description',
  'default',
  'examples',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$schema',
  '$id',
  '$comment',
  '$defs',
  'definitions',
]);
const OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  string: ['minLength', 'maxLength', 'pattern', 'format'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  integer: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems'],
  object: ['properties', 'required', 'additionalProperties'],
  boolean: [],
  null: [],
};
const COMBINING = ['$ref', 'allOf', 'anyOf', 'oneOf'];
const KNOWN = new Set([...Object.values(OF_TYPE).flat(), ...COMBINING, 'type', 'enum', 'const']);

/**
 * What a schema allows, every keyword understood. A schema that says nothing of types and something of, say,
 * properties is one of objects.
 * @throws SchemaRefusal
 */
export function readSchema(schema: unknown): Shape {
  checkSize(schema);
  const reader = createReader(schema);
  const shape = reader.read(schema, '#');
  reader.checkBranches();
  const references = referencesBelow(shape);
  refuseEndlessAliases(references);
  const canEnd = createCanEnd(shape);
  if (!canEnd(shape)) throw new SchemaRefusal('#', 'a value of it never ends');
  return shape;
}

function createReader(root: unknown): {
  read(schema: unknown, pointer: string): Shape;
  /** Only when everything is read is it known what the references in them are. */
  checkBranches(): void;
} {
  const exclusive: { readonly options: readonly Shape[]; readonly pointer: string }[] = [];
  const references = new Map<string, Shape | undefined>();
  let states = 0;
  let partsRead = 0;
  let readDepth = 0;

  const read = (schema: unknown, pointer: string): Shape => {
    if (++partsRead > MAX_READ || readDepth >= MAX_READ_DEPTH)
      throw new SchemaRefusal('#', 'what it puts together grows without end: refer to it with nothing beside');
    readDepth++;
    const shape = readPart(schema, pointer);
    readDepth--;
    return shape;
  };

  const readPart = (schema: unknown, pointer: string): Shape => {
    if (schema === true) return ANY;
    if (schema === false) throw new SchemaRefusal(pointer, 'it allows nothing');
    if (!isRecord(schema)) throw new SchemaRefusal(pointer, 'it is no schema');
    const asked = Object.fromEntries(
      Object.entries(schema).filter(([key, value]) => !SAID_FOR_READERS.has(key) && !saysNothing(key, value)),
    );
    for (const key of Object.keys(asked))
      if (!KNOWN.has(key)) throw new SchemaRefusal(pointer, `"${key}" cannot be followed`);
    return readAsked(asked, pointer);
  };

  const readAsked = (asked: Raw, pointer: string): Shape => {
    const { $ref, allOf, anyOf, oneOf, enum: values, const: value, ...rest } = asked;
    const beside = (without: string): Raw =>
      Object.fromEntries(Object.entries(asked).filter(([key]) => key !== without));
    if (values !== undefined || Object.hasOwn(asked, 'const')) return readLiterals(values ?? [value], asked, pointer);
    if ($ref !== undefined) {
      const others = beside('$ref');
      if (Object.keys(others).length === 0) return reference($ref, pointer);
      return read(mergeSchemas(recordAt(resolve($ref, pointer), pointer), others, pointer), pointer);
    }
    if (allOf !== undefined) {
      const parts = listOf(allOf, `${pointer}/allOf`).map((part, i) => flattened(part, `${pointer}/allOf/${i}`));
      return read(
        parts.reduce((all, part) => mergeSchemas(all, part, pointer), beside('allOf')),
        pointer,
      );
    }
    for (const [key, branches] of [
      ['anyOf', anyOf],
      ['oneOf', oneOf],
    ] as const)
      if (branches !== undefined) return readBranches(key, branches, beside(key), pointer);
    return readTypes(rest, pointer);
  };

  /** A part of `allOf`, with what it refers to in its place. */
  const flattened = (part: unknown, pointer: string, depth = 0): Raw => {
    const schema = recordAt(part, pointer);
    if (schema['$ref'] === undefined) return schema;
    if (depth > 32) throw new SchemaRefusal(pointer, 'it refers to itself');
    const { $ref, ...others } = schema;
    return mergeSchemas(flattened(resolve($ref, pointer), pointer, depth + 1), others, pointer);
  };

  const readBranches = (key: 'anyOf' | 'oneOf', branches: unknown, beside: Raw, pointer: string): Shape => {
    const all = listOf(branches, `${pointer}/${key}`);
    if (all.length > MAX_BRANCHES)
      throw new SchemaRefusal(`${pointer}/${key}`, `it has more than ${MAX_BRANCHES} branches`);
    const options = all.map((branch, i) => {
      const at = `${pointer}/${key}/${i}`;
      if (Object.keys(beside).length === 0) return read(branch, at);
      return read(branch === true ? beside : mergeSchemas(beside, flattened(branch, at), at), at);
    });
    if (key === 'oneOf') exclusive.push({ options, pointer: `${pointer}/oneOf` });
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  };

  const readLiterals = (given: unknown, asked: Raw, pointer: string): Shape => {
    const { enum: values, const: value, ...rest } = asked;
    const all = listOf(given, `${pointer}/enum`);
    if (all.length > MAX_LITERALS)
      throw new SchemaRefusal(`${pointer}/enum`, `it has more than ${MAX_LITERALS} values`);
    const wanted =
      values !== undefined && Object.hasOwn(asked, 'const') ? all.filter((each) => sameJson(each, value)) : all;
    const shape = Object.keys(rest).length === 0 ? ANY : readAsked(rest, pointer);
    const allowed = wanted.filter((each) => fits(shape, each));
    const distinct = allowed.every((each) => typeof each === 'string')
      ? [...new Set(allowed)]
      : allowed.filter((each, i) => !allowed.slice(0, i).some((other) => sameJson(each, other)));
    if (distinct.length === 0) throw new SchemaRefusal(pointer, 'it allows nothing');
    return { kind: 'literals', values: distinct as readonly Json[] };
  };

  const readTypes = (asked: Raw, pointer: string): Shape => {
    const { type, ...keywords } = asked;
    const names = Object.keys(keywords);
    const implied = Object.keys(OF_TYPE).filter(
      (name) => name !== 'integer' && OF_TYPE[name]!.some((keyword) => names.includes(keyword)),
    );
    if (type === undefined && implied.length === 0) return ANY;
    const types = type === undefined ? implied : listOf(Array.isArray(type) ? type : [type], `${pointer}/type`);
    const distinct = types.includes('number') ? types.filter((each) => each !== 'integer') : types;
    const options = [...new Set(distinct)].map((each) => {
      if (typeof each !== 'string' || !Object.hasOwn(OF_TYPE, each))
        throw new SchemaRefusal(`${pointer}/type`, `"${String(each)}" is no type`);
      return readType(each, keywords, pointer);
    });
    return options.length === 1 ? options[0]! : { kind: 'choice', options };
  };

  const readType = (type: string, asked: Raw, pointer: string): Shape => {
    switch (type) {
      case 'string':
        return readString(asked, pointer);
      case 'integer':
      case 'number':
        return readNumber(type, asked, pointer);
      case 'array': {
        const prefix = asked['prefixItems'] === undefined ? [] : listOf(asked['prefixItems'], `${pointer}/prefixItems`);
        const { least, most } = boundsOf(asked, 'minItems', 'maxItems', pointer);
        const items = asked['items'] === false ? undefined : read(asked['items'] ?? true, `${pointer}/items`);
        const longest = items === undefined ? Math.min(most, prefix.length) : most;
        if (least > longest) throw new SchemaRefusal(pointer, 'it allows nothing');
        return {
          kind: 'array',
          prefix: prefix.map((each, i) => read(each, `${pointer}/prefixItems/${i}`)),
          items,
          least,
          most: longest,
        };
      }
      case 'object':
        return readObject(asked, pointer);
      default:
        return { kind: type === 'null' ? 'null' : 'boolean' };
    }
  };

  const readObject = (asked: Raw, pointer: string): Shape => {
    const given = asked['properties'] === undefined ? {} : recordAt(asked['properties'], `${pointer}/properties`);
    const required = asked['required'] === undefined ? [] : namesOf(asked['required'], `${pointer}/required`);
    const additional = asked['additionalProperties'];
    const others = additional === false ? undefined : read(additional ?? true, `${pointer}/additionalProperties`);
    const properties = Object.entries(given).flatMap(([name, schema]) => {
      // A property that nothing may be is one that must not be there.
      if (schema === false && !required.includes(name) && others === undefined) return [];
      return [
        { name, shape: read(schema, `${pointer}/properties/${escaped(name)}`), required: required.includes(name) },
      ];
    });
    for (const name of new Set(required))
      if (!properties.some((property) => property.name === name)) {
        if (others === undefined)
          throw new SchemaRefusal(`${pointer}/required`, `"${name}" is required and must not be there`);
        properties.push({ name, shape: others, required: true });
      }
    if (properties.length > MAX_PROPERTIES)
      throw new SchemaRefusal(`${pointer}/properties`, `there are more than ${MAX_PROPERTIES}`);
    const writesOthers = others !== undefined && (additional !== undefined || properties.length === 0);
    return { kind: 'object', properties, others, writesOthers };
  };

  const readString = (asked: Raw, pointer: string): StringShape => {
    const { least, most } = boundsOf(asked, 'minLength', 'maxLength', pointer);
    const { pattern: given, format } = asked;
    if (given === undefined && format === undefined)
      return { kind: 'string', least, most, written: undefined, accepted: undefined };
    if (given !== undefined && format !== undefined)
      throw new SchemaRefusal(pointer, '"pattern" and "format" together cannot be followed');
    const key = given === undefined ? 'format' : 'pattern';
    const known = FORMATS.get(String(format));
    if (key === 'format' && known === undefined)
      throw new SchemaRefusal(`${pointer}/format`, `"${String(format)}" cannot be followed`);
    if (key === 'pattern' && typeof given !== 'string') throw new SchemaRefusal(`${pointer}/pattern`, 'it is no text');
    try {
      const pattern = parsePattern(known?.written ?? String(given));
      const lengths = lengthsOf(pattern);
      if (lengths.least < least || lengths.most > most)
        throw new SchemaRefusal(
          `${pointer}/${key}`,
          'it allows texts that are too short or too long: say lengths in it',
        );
      const written = createAutomaton(jsonText(pattern), MAX_STATES - states);
      const accepted = createAutomaton(parsePattern(known?.accepted ?? String(given)), MAX_STATES);
      states += written.states;
      return { kind: 'string', least, most, written, accepted };
    } catch (cause) {
      if (cause instanceof PatternRefused)
        throw new SchemaRefusal(`${pointer}/${key}`, `the pattern cannot be followed: ${cause.message}`);
      if (cause instanceof TooManyStates) throw new SchemaRefusal(`${pointer}/${key}`, 'it has too many repeats');
      throw cause;
    }
  };

  const resolve = ($ref: unknown, pointer: string): unknown => {
    if (typeof $ref !== 'string' || !/^#(\/|$)/.test($ref))
      throw new SchemaRefusal(`${pointer}/$ref`, 'it refers to what is not in the schema');
    let at = root;
    for (const part of $ref.split('/').slice(1)) {
      const key = unescaped(part, pointer);
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key))
        throw new SchemaRefusal(`${pointer}/$ref`, `there is no "${$ref}"`);
      at = (at as Raw)[key];
    }
    return at;
  };

  const reference = ($ref: unknown, pointer: string): Shape => {
    const schema = resolve($ref, pointer);
    const to = String($ref);
    if (!references.has(to)) {
      references.set(to, undefined);
      references.set(to, read(schema, to));
    }
    const target = (): Shape => {
      const shape = references.get(to);
      if (shape === undefined) throw new SchemaRefusal(to, 'values are listed beside a reference to what holds them');
      return shape;
    };
    return { kind: 'reference', pointer: to, target };
  };

  const checkBranches = (): void => {
    for (const { options, pointer } of exclusive)
      options.forEach((option, i) => {
        if (options.slice(0, i).some((other) => !disjoint(option, other)))
          throw new SchemaRefusal(
            `${pointer}/${i}`,
            'a value may be of another branch, too: use anyOf, or a property with a fixed value in each',
          );
      });
  };

  return { read, checkBranches };
}

/** Keywords whose values ask for nothing. */
function saysNothing(key: string, value: unknown): boolean {
  return (key === 'uniqueItems' && value === false) || (key === 'minProperties' && value === 0);
}
