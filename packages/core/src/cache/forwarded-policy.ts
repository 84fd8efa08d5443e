/** Whether a chat says that its answer would be the same again, as far as an endpoint can promise: one. */
export function isRepeatable({ n, temperature, seed }: Readonly<Record<string, unknown>>): boolean {
  if (n !== undefined && n !== null && n !== 1) return false;
  return temperature === 0 || Number.isSafeInteger(seed);
}

/** What is said of an answer, whole or in one event of its stream. */
interface Said {
  readonly choices?: unknown;
  readonly error?: unknown;
}

/** Whether it is one answer that came to its end, in the form of chat completions: nothing else is kept. */
export function isWholeAnswer({ contentType, body }: { readonly contentType: string; readonly body: string }): boolean {
  if (/^text\/event-stream\b/i.test(contentType)) return isWholeStream(body);
  const said = read(body);
  return (
    !hasFailed(said) && Array.isArray(said.choices) && said.choices.length === 1 && isEnd(reasonOf(said.choices[0]))
  );
}

const DATA = /^data: ?/;
const LAST = '[DONE]';

/** Events of one answer, of which one says how it ended, up to the word that no more will come. */
function isWholeStream(body: string): boolean {
  const lines = body.split(/\r\n|\r|\n/).filter((line) => line !== '' && !line.startsWith(':'));
  if (!lines.every((line) => DATA.test(line))) return false;
  const events = lines.map((line) => line.replace(DATA, ''));
  if (events.pop() !== LAST) return false;
  const reasons: unknown[] = [];
  for (const event of events) {
    const said = read(event);
    if (hasFailed(said) || !Array.isArray(said.choices) || said.choices.length > 1) return false;
    const [choice] = said.choices as unknown[];
    if (choice !== undefined && indexOf(choice) !== 0) return false;
    const reason = reasonOf(choice);
    if (reason !== undefined && reason !== null) reasons.push(reason);
  }
  return reasons.length === 1 && isEnd(reasons[0]);
}

const hasFailed = ({ error }: Said): boolean => error !== undefined && error !== null;
const isEnd = (reason: unknown): boolean => reason === 'stop' || reason === 'length';
const reasonOf = (choice: unknown): unknown =>
  (choice as { finish_reason?: unknown } | null | undefined)?.finish_reason;
const indexOf = (choice: unknown): unknown => (choice as { index?: unknown } | null)?.index ?? 0;

function read(body: string): Said {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
