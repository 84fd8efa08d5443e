import type { Redaction } from '../redact/redact.js';
import type { RestoreStream } from '../redact/placeholders.js';
import { mapTexts } from './chat-texts.js';

/** Puts what was replaced back into a whole answer. @throws SyntaxError when it is no JSON */
export function restoreChat(body: string, redaction: Redaction): string {
  return JSON.stringify(mapTexts(JSON.parse(body), (text) => redaction.restore(text)));
}

type Fields = Readonly<Record<string, unknown>>;

interface Choice {
  readonly index?: number;
  readonly delta?: Fields;
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
  const texts = new Map<number, DeltaTexts>();
  const textsOf = (index: number): DeltaTexts => {
    const known = texts.get(index) ?? createDeltaTexts(redaction);
    texts.set(index, known);
    return known;
  };
  for await (const event of eventsOf(chunks)) {
    const data = /^data: ?(?<json>\{.*)$/s.exec(event)?.groups?.['json'];
    yield data === undefined ? `${event}\n\n` : `data: ${restoreEvent(data, textsOf)}\n\n`;
  }
}

function restoreEvent(json: string, textsOf: (index: number) => DeltaTexts): string {
  let event: { choices?: readonly Choice[] };
  try {
    event = JSON.parse(json) as typeof event;
  } catch {
    return json;
  }
  if (!Array.isArray(event.choices)) return json;
  const choices = event.choices.map((choice: Choice) => {
    const texts = textsOf(choice.index ?? 0);
    const delta = texts.push(choice.delta ?? {});
    return { ...choice, delta: isOver(choice) ? texts.end(delta) : delta };
  });
  return JSON.stringify({ ...event, choices });
}

const isOver = ({ finish_reason: reason }: Choice): boolean => reason !== undefined && reason !== null;

/** The texts of one choice, each of which comes in pieces of its own: content, refusal, arguments of each call. */
interface DeltaTexts {
  push(delta: Fields): Fields;
  /** With what was still held back. */
  end(delta: Fields): Fields;
}

interface Call extends Fields {
  readonly index?: number;
  readonly function?: Fields;
}

function createDeltaTexts(redaction: Redaction): DeltaTexts {
  const streams = new Map<string, RestoreStream>();
  /** @param isJson a value is written as JSON has it within a string */
  const piece = (name: string, value: unknown, isJson = false): unknown => {
    if (typeof value !== 'string') return mapTexts(value, (text) => redaction.restore(text));
    const stream = streams.get(name) ?? redaction.restoreStream(isJson ? withinJson : undefined);
    streams.set(name, stream);
    return stream.push(value);
  };
  const called = (name: string, given: Fields): Fields =>
    'arguments' in given ? { ...given, arguments: piece(name, given['arguments'], true) } : given;
  const restOf = (name: string): string => streams.get(name)?.flush() ?? '';

  return {
    push: (delta) =>
      Object.fromEntries(
        Object.entries(delta).map(([name, value]) => {
          if (name === 'role') return [name, value];
          if (name === 'function_call') return [name, called(name, (value ?? {}) as Fields)];
          if (name === 'tool_calls' && Array.isArray(value)) {
            const calls = value.map((call: Call, at) =>
              call.function ? { ...call, function: called(`call ${call.index ?? at}`, call.function) } : call,
            );
            return [name, calls];
          }
          return [name, piece(name, value)];
        }),
      ),
    end(delta) {
      const ended: Record<string, unknown> = { ...delta };
      const calls: Call[] = [];
      for (const name of streams.keys()) {
        const rest = restOf(name);
        if (rest === '') continue;
        const [, index] = /^call (\d+)$/.exec(name) ?? [];
        if (index !== undefined) calls.push({ index: Number(index), function: { arguments: rest } });
        else if (name === 'function_call') ended[name] = { arguments: rest };
        else ended[name] = `${typeof ended[name] === 'string' ? ended[name] : ''}${rest}`;
      }
      const given = ended['tool_calls'];
      return calls.length === 0 ? ended : { ...ended, tool_calls: [...(Array.isArray(given) ? given : []), ...calls] };
    },
  };
}

const withinJson = (value: string): string => JSON.stringify(value).slice(1, -1);

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
