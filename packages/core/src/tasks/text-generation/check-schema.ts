import type { JsonSchema } from './messages.js';
import { readSchema } from './schema/read-schema.js';
import { SchemaRefusal } from './schema/schema-refusal.js';

/** What is wrong with a schema, or cannot be followed exactly, and where; undefined when it can be. */
export function checkSchema(schema: JsonSchema): string | undefined {
  try {
    readSchema(schema);
    return undefined;
  } catch (cause) {
    if (cause instanceof SchemaRefusal) return cause.message;
    throw cause;
  }
}

/** The values of a schema that is a list of texts and nothing else: choosing one of them is classification. */
export function enumOf(schema: JsonSchema): readonly string[] | undefined {
  if (typeof schema === 'boolean' || checkSchema(schema) !== undefined) return undefined;
  const shape = readSchema(schema);
  if (shape.kind !== 'literals') return undefined;
  return shape.values.every((value) => typeof value === 'string') ? shape.values : undefined;
}
