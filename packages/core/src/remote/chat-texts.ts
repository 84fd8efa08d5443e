/** Words of the protocol, and what is no text of a person: they go as they are. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'model',
  'role',
  'type',
  'id',
  'object',
  'tool_call_id',
  'tools',
  'tool_choice',
  'functions',
  'function_call',
  'response_format',
  'encoding_format',
  'stop',
  'finish_reason',
]);
const DEEPEST = 32;

/**
 * A copy of a request or an answer with every text of it replaced; names and structure stay.
 * @param replace called for each text, in order
 */
export function mapTexts(value: unknown, replace: (text: string, key: string) => string, key = '', depth = 0): unknown {
  if (typeof value === 'string') return replace(value, key);
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return value;
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, replace, key, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      STRUCTURE.has(name) ? each : mapTexts(each, replace, name, depth + 1),
    ]),
  );
}

/** Every text, in the order in which `mapTexts` meets them. */
export function textsOf(value: unknown): string[] {
  const texts: string[] = [];
  mapTexts(value, (text) => {
    texts.push(text);
    return text;
  });
  return texts;
}
