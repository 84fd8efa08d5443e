import { wrongAnswer } from '../exchange-failure.js';

/** Longest event that is held while its end is waited for, in characters. */
const MAX_EVENT_CHARACTERS = 1_048_576;
const LINE_END = /\r\n|\n|\r/;

/**
 * What the events of a stream say, in any cut of it. Comments, names and ids of events are left out; the last event
 * counts though no empty line ends it.
 * @throws RemoteAnswerError when an event is too long; what the chunks break off with
 */
export async function* sseData(
  endpointId: string,
  chunks: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  const event = createEvent();
  let line = '';
  let endsInReturn = false;
  for await (const chunk of chunks) {
    const decoded = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    // The other half of a line's end that came in two.
    const text = endsInReturn && decoded.startsWith('\n') ? decoded.slice(1) : decoded;
    if (decoded !== '') endsInReturn = decoded.endsWith('\r');
    // Only what is new is looked through: a line may come byte by byte.
    const [first, ...lines] = text.split(LINE_END);
    line += first;
    for (const next of lines) {
      const data = event.add(line);
      if (data !== undefined) yield data;
      line = next;
    }
    if (line.length + event.characters() > MAX_EVENT_CHARACTERS)
      throw wrongAnswer(endpointId, 'an event of its stream is too long');
  }
  for (const last of [line + decoder.decode(), '']) {
    const data = event.add(last);
    if (data !== undefined) yield data;
  }
}

/** One event after the other, line by line. */
function createEvent() {
  let data: string[] = [];
  let characters = 0;
  return {
    /** @returns what it says, when the line ends an event that says something */
    add(line: string): string | undefined {
      if (line === '') {
        const whole = data.length > 0 ? data.join('\n') : undefined;
        data = [];
        characters = 0;
        return whole;
      }
      const [, value = ''] = /^data(?:: ?([^]*))?$/.exec(line) ?? [undefined, undefined];
      if (/^data(:|$)/.test(line)) {
        data.push(value);
        characters += value.length + 1;
      }
      return undefined;
    },
    characters: () => characters,
  };
}
