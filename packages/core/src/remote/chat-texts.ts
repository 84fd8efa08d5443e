import { isJsonText, mapJsonText } from './json-text.js';

/** Words of the protocol and names it gives: they are no texts of a person, and stay as they are. */
const WORDS: ReadonlySet<string> = new Set([
  'model',
  'role',
  'type',
  'id',
  'object',
  'tool_call_id',
  'finish_reason',
  'encoding_format',
  'detail',
  'format',
]);

/**
 * A copy of a request or an answer with every text of it replaced; names and structure stay. A text that is JSON is
 * replaced string by string.
 * @param replace called for each text, in order
 */
export function mapTexts(value: unknown, replace: (text: string, key: string) => string, key = ''): unknown {
  if (typeof value === 'string') {
    if (WORDS.has(key)) return value;
    return isJsonText(value) ? mapJsonText(value, (text) => replace(text, key)) : replace(value, key);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => mapTexts(each, replace, key));
  // What a client hangs on a chat has names of its own making.
  const isOwn = key === 'metadata';
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) =>
      isOwn ? [replace(name, ''), mapTexts(each, replace)] : [name, mapTexts(each, replace, name)],
    ),
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

/** Where a part of a message carries what no finder can look into. */
const SEALED: ReadonlySet<string> = new Set(['data', 'file_data']);

/** Whether a chat holds pictures, sound or files: nobody can say what they tell of. */
export function holdsSealed({ messages }: Readonly<Record<string, unknown>>): boolean {
  const parts = Array.isArray(messages) ? messages.flatMap(({ content }: { content?: unknown }) => content) : [];
  return parts.some((part) => typeof part === 'object' && isSealed(part));
}

function isSealed(value: unknown, key = ''): boolean {
  if (typeof value === 'string') return SEALED.has(key) || (key.endsWith('url') && /^\s*data:/i.test(value));
  return (
    typeof value === 'object' && value !== null && Object.entries(value).some(([name, each]) => isSealed(each, name))
  );
}
