/** Whether a chat says that its answer would be the same again, as far as an endpoint can promise: one, whole. */
export function isRepeatable({ stream, n, temperature, seed }: Readonly<Record<string, unknown>>): boolean {
  if (stream === true || (n !== undefined && n !== null && n !== 1)) return false;
  return temperature === 0 || Number.isSafeInteger(seed);
}

/** Whether it is one answer that came to its end, in the form of chat completions: nothing else is kept. */
export function isWholeAnswer(body: string): boolean {
  const { choices, error } = read(body) as { choices?: unknown; error?: unknown };
  if (error !== undefined && error !== null) return false;
  if (!Array.isArray(choices) || choices.length !== 1) return false;
  const { finish_reason: reason } = (choices[0] ?? {}) as { finish_reason?: unknown };
  return reason === 'stop' || reason === 'length';
}

function read(body: string): object {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
