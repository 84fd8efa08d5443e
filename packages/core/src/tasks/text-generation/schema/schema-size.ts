import { SchemaRefusal } from './schema-refusal.js';

const MAX_CHARACTERS = 64 * 1024;
const MAX_DEPTH = 32;
const MAX_VALUES = 20_000;

/**
 * Looks at nothing but size, so that all that follows may be recursive.
 * @throws SchemaRefusal
 */
export function checkSize(schema: unknown): void {
  let values = 0;
  let characters = 0;
  const visit = (value: unknown, depth: number): void => {
    if (depth > MAX_DEPTH) throw new SchemaRefusal('#', `it is deeper than ${MAX_DEPTH} levels`);
    if (++values > MAX_VALUES) throw new SchemaRefusal('#', `it has more than ${MAX_VALUES} values`);
    if (typeof value === 'string') characters += value.length + 2;
    else if (typeof value !== 'object' || value === null) characters += 4;
    else if (Array.isArray(value)) for (const each of value) visit(each, depth + 1);
    else
      for (const [key, each] of Object.entries(value)) {
        characters += key.length + 4;
        visit(each, depth + 1);
      }
    if (characters > MAX_CHARACTERS) throw new SchemaRefusal('#', 'it is larger than 64 KiB');
  };
  visit(schema, 0);
}
