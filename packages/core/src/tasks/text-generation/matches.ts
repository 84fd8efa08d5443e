import type { JsonSchema } from './messages.js';
import { fits } from './schema/fits.js';
import { readSchema } from './schema/read-schema.js';
import { SchemaRefusal } from './schema/schema-refusal.js';

/**
 * Whether a JSON value is what a schema asks for. Nothing matches a schema that cannot be followed (see `checkSchema`).
 * Formats are accepted as their standards have them, which is more than what is written here.
 */
export function matches(schema: JsonSchema, value: unknown): boolean {
  try {
    return fits(readSchema(schema), value);
  } catch (cause) {
    if (cause instanceof SchemaRefusal) return false;
    throw cause;
  }
}
