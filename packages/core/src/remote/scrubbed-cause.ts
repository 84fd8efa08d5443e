/** Causes below this are noise. */
const MAX_DEPTH = 4;
const MAX_MESSAGE = 300;

/**
 * A copy of an error that holds nothing but names, codes and messages, without the key: whoever implements a port may
 * hang headers on what it throws. Stacks are left out, because they repeat the message.
 */
export function scrubbedCause(error: unknown, key: string | undefined, depth = 0): Error {
  const original = error instanceof Error ? error : new Error('something that is not an error was thrown');
  const clean = (text: string): string => withoutKey(text, key).slice(0, MAX_MESSAGE);
  const { cause } = original;
  const copy = new Error(
    clean(original.message),
    cause instanceof Error && depth < MAX_DEPTH ? { cause: scrubbedCause(cause, key, depth + 1) } : undefined,
  );
  copy.name = clean(original.name);
  copy.stack = `${copy.name}: ${copy.message}`;
  const code = codeOf(original);
  return code === undefined ? copy : Object.assign(copy, { code });
}

/** `ECONNREFUSED` and the like, of the error or of what caused it. */
export function codeOf(error: unknown, depth = 0): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,63}$/.test(code)) return code;
  return depth < MAX_DEPTH ? codeOf(error.cause, depth + 1) : undefined;
}

function withoutKey(text: string, key: string | undefined): string {
  if (key === undefined || key === '') return text;
  return [key, encodeURIComponent(key), JSON.stringify(key).slice(1, -1), btoa(key)].reduce(
    (left, form) => left.replaceAll(form, '[key]'),
    text,
  );
}
