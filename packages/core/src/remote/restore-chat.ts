import type { Redaction } from '../redact/redact.js';
import type { RestoreStream } from '../redact/placeholders.js';
import { mapTexts } from './chat-texts.js';

/** Puts what was replaced back into a whole answer. @throws SyntaxError when it is no JSON */
export function restoreChat(body: string, redaction: Redaction): string {
  return JSON.stringify(restoreTexts(JSON.parse(body), redaction));
}

const restoreTexts = (value: unknown, redaction: Redaction): unknown =>
  mapTexts(value, (text, key) => (key === 'arguments' ? restoreArguments(text, redaction) : redaction.restore(text)));

/** Arguments of a call are JSON within JSON. */
function restoreArguments(text: string, redaction: Redaction): string {
  try {
    return JSON.stringify(restoreTexts(JSON.parse(text), redaction));
  } catch {
    return redaction.restore(text);
  }
}

interface Choice {
  readonly index?: number;
  readonly delta?: { readonly content?: unknown };
  readonly finish_reason?: unknown;
}

/**
 * Puts what was replaced back into a stream of server-sent events, also where a placeholder is cut between two of
 * them. An event that is not understood passes as it is.
 */
export async function* restoreChatStream(
  chunks: AsyncIterable<Uint8Array>,
  redaction: Redaction,
): AsyncGenerator<string> {
  const contents = new Map<number, RestoreStream>();
  const contentOf = (index: number): RestoreStream => {
    const known = contents.get(index) ?? redaction.restoreStream();
    contents.set(index, known);
    return known;
  };
  for await (const event of eventsOf(chunks)) {
    const data = /^data: ?(?<json>\{.*)$/s.exec(event)?.groups?.['json'];
    yield data === undefined ? `${event}\n\n` : `data: ${restoreEvent(data, contentOf, redaction)}\n\n`;
  }
}

function restoreEvent(json: string, contentOf: (index: number) => RestoreStream, redaction: Redaction): string {
  let event: { choices?: readonly Choice[] };
  try {
    event = JSON.parse(json) as typeof event;
  } catch {
    return json;
  }
  if (!Array.isArray(event.choices)) return json;
  const choices = event.choices.map((choice: Choice) => {
    const { content, ...others } = choice.delta ?? {};
    const stream = contentOf(choice.index ?? 0);
    const certain = typeof content === 'string' ? stream.push(content) : '';
    const rest = isOver(choice) ? stream.flush() : '';
    const restored = restoreTexts(others, redaction) as object;
    const hasContent = content !== undefined || rest !== '';
    const text = typeof content === 'string' || rest !== '' ? certain + rest : content;
    return { ...choice, delta: hasContent ? { ...restored, content: text } : restored };
  });
  return JSON.stringify({ ...event, choices });
}

const isOver = ({ finish_reason: reason }: Choice): boolean => reason !== undefined && reason !== null;

/** Longest event that is held while its end is waited for. */
const MAX_EVENT_CHARACTERS = 1_048_576;

/** Events of a stream, without the empty line that ends them. @throws RangeError when one is too long */
async function* eventsOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8');
  let held = '';
  for await (const chunk of chunks) {
    held += decoder.decode(chunk, { stream: true }).replaceAll('\r\n', '\n');
    for (let end = held.indexOf('\n\n'); end !== -1; end = held.indexOf('\n\n')) {
      yield held.slice(0, end);
      held = held.slice(end + 2);
    }
    if (held.length > MAX_EVENT_CHARACTERS) throw new RangeError('an event of the stream is too long');
  }
  if (held.trim() !== '') yield held;
}
