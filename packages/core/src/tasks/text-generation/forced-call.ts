import { isRecord } from './is-record.js';
import type { JsonSchema, Tool, ToolCall } from './messages.js';

/** An answer that has to be a call of a tool. */
export interface ForcedCall {
  /** What the whole answer follows. */
  readonly schema: JsonSchema;
  /** Of the tool; undefined where the answer says which one it is, and says so once it is whole. */
  readonly name: string | undefined;
  /** @returns the call that an answer is; undefined for one that was cut before it said so */
  read(text: string): Pick<ToolCall, 'name' | 'arguments'> | undefined;
}

/**
 * One of these tools has to be called. Of one tool the answer is its arguments, of several an object with `name` and
 * `arguments`. Pure.
 */
export function forcedCall(tools: readonly [Tool, ...Tool[]]): ForcedCall {
  const [{ name, parameters }] = tools;
  if (tools.length === 1) return { schema: parameters, name, read: (text) => ({ name, arguments: text }) };
  const branches = tools.map((tool, i) => ({
    type: 'object',
    properties: { name: { const: tool.name }, arguments: moved(tool.parameters, `/anyOf/${i}/properties/arguments`) },
    required: ['name', 'arguments'],
    additionalProperties: false,
  }));
  return { schema: { anyOf: branches }, name: undefined, read: readCall };
}

function readCall(text: string): Pick<ToolCall, 'name' | 'arguments'> | undefined {
  try {
    const said: unknown = JSON.parse(text);
    if (!isRecord(said) || typeof said['name'] !== 'string') return undefined;
    return { name: said['name'], arguments: JSON.stringify(said['arguments']) };
  } catch {
    return undefined;
  }
}

/** Keywords whose values are no schemas, and those whose values are schemas by name. */
const DATA = new Set(['enum', 'const', 'default', 'examples']);
const BY_NAME = new Set(['properties', '$defs', 'definitions']);

/** A schema that stands inside another one: what it refers to in itself is further down there. */
function moved(schema: unknown, to: string, isByName = false): unknown {
  if (Array.isArray(schema)) return schema.map((each) => moved(each, to));
  if (!isRecord(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, value]) => {
      if (isByName) return [key, moved(value, to)];
      if (key === '$ref' && typeof value === 'string') return [key, value.replace(/^#(?=\/|$)/, `#${to}`)];
      return [key, DATA.has(key) ? value : moved(value, to, BY_NAME.has(key))];
    }),
  );
}
