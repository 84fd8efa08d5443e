import { z } from 'zod/mini';
import { inEnglish } from '../errors/in-english.js';
import { InvalidCatalogError } from '../errors/invalid-catalog-error.js';

export interface Parsed<T> {
  readonly value: T;
  /** Fields nobody knows: kept out, named, and not fatal, so that a newer file still opens. */
  readonly warnings: readonly string[];
}

/** A file is parsed once a process: compiling the schema first would take longer than reading it. */
const ONCE = { jitless: true, error: inEnglish } as const;

/** What a file was expected to hold, for messages. */
type Subject =
  | 'catalog'
  | 'model.json'
  | 'delta.json'
  | 'text-delta.json'
  | 'template.json'
  | 'endpoint.json'
  | 'calibration'
  | 'golden.json'
  | 'configuration'
  | 'trust file'
  | 'key file'
  | 'keys file'
  | 'signature'
  | 'bundle'
  | 'record of licences';

/**
 * Parses an untrusted file once, at the edge. Unknown fields warn; wrong ones fail with their path.
 * @throws InvalidCatalogError naming the first wrong path and what was expected there
 */
export function parseFile<S extends z.core.$ZodType>(schema: S, input: unknown, subject: Subject): Parsed<z.infer<S>> {
  const first = z.safeParse(schema, input, ONCE);
  if (first.success) return { value: first.data, warnings: [] };
  const unknown = first.error.issues.filter((issue) => issue.code === 'unrecognized_keys');
  const pruned = unknown.reduce((value, { path, keys }) => withoutKeys(value, path, keys), input);
  const second = unknown.length > 0 ? z.safeParse(schema, pruned, ONCE) : first;
  if (!second.success) throw invalid(second.error, subject);
  return {
    value: second.data,
    warnings: unknown.flatMap(({ path, keys }) => keys.map((key) => unknownField(path, key))),
  };
}

const unknownField = (path: readonly PropertyKey[], key: string): string =>
  `unknown field ${formatPath([...path, key])} was ignored`;

function invalid(error: z.core.$ZodError, subject: Subject): InvalidCatalogError {
  const wrong = error.issues.filter((issue) => issue.code !== 'unrecognized_keys');
  const issue = wrong[0] ?? error.issues[0];
  const path = formatPath(issue?.path ?? []);
  const more = wrong.length > 1 ? ` (and ${wrong.length - 1} more)` : '';
  return new InvalidCatalogError({
    message: `The ${subject} is wrong at ${path}: ${issue?.message ?? 'unreadable'}${more}.`,
    hint: `Correct ${path} in the ${subject}${subject === 'catalog' ? '; docs/catalog.schema.json is its JSON Schema' : ''}.`,
    facts: { path, subject },
  });
}

function formatPath(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  // Names of fields are the file's own words, too: they must not redraw the terminal.
  return text.replace(/^\./, '').replaceAll(/\p{C}/gu, '?').slice(0, 256) || 'the top level';
}

/** A copy without some keys of the object at `path`; what lies beside the path is shared, however deep it is. */
function withoutKeys(value: unknown, [part, ...rest]: readonly PropertyKey[], keys: readonly string[]): unknown {
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<PropertyKey, unknown>;
  if (part !== undefined) copy[part] = withoutKeys(copy[part], rest, keys);
  else for (const key of keys) delete copy[key];
  return copy;
}
