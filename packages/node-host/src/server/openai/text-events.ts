import type { ForcedCall, TextResult, TextStep } from '@terrace/core/text';
import type { ChatFrame } from './chat-response.js';
import {
  callId,
  callIn,
  callsOf,
  finishReasonOf,
  logProbsOf,
  terraceOf,
  usageOf,
  type TextPart,
} from './text-response.js';

export interface EventOptions {
  readonly frame: ChatFrame;
  /** How many answers there are. */
  readonly choices: number;
  readonly includeUsage: boolean;
  /** The text is a call of a tool: told with what is written where it is known of which, else at its end. */
  readonly forced: ForcedCall | undefined;
  /** An error as the API writes it; undefined where nobody is there to read it. */
  readonly told: (error: unknown) => object | undefined;
}

/**
 * A chat as server-sent events while it is answered, the last one included. A step is taken when the event before it was
 * taken; whoever leaves early ends the answer.
 */
export async function* textEvents(steps: AsyncIterable<TextStep>, options: EventOptions): AsyncGenerator<string> {
  const { choices, told } = options;
  const write = new Chunks(options);
  try {
    for (let i = 0; i < choices; i++) yield write.role(i);
    for await (const step of steps) {
      if (step.kind === 'text' && write.isTold(step)) yield write.text(step);
      if (step.kind === 'result') yield* write.end(step.result);
    }
  } catch (error) {
    const shape = told(error);
    if (shape) yield event(shape);
    return;
  }
  yield 'data: [DONE]\n\n';
}

const event = (data: object): string => `data: ${JSON.stringify(data)}\n\n`;

class Chunks {
  readonly #head: object;
  readonly #id: string;
  readonly #includeUsage: boolean;
  readonly #forced: ForcedCall | undefined;

  constructor({
    frame: { id, created, model, system_fingerprint },
    includeUsage,
    forced,
  }: Pick<EventOptions, 'frame' | 'includeUsage' | 'forced'>) {
    this.#head = { id, object: 'chat.completion.chunk', created, model, system_fingerprint };
    this.#id = id;
    this.#includeUsage = includeUsage;
    this.#forced = forced;
  }

  role(index: number): string {
    if (!this.#forced) return this.#part(index, { role: 'assistant', content: '' });
    const { name } = this.#forced;
    const call = { index: 0, id: callId(this.#id), type: 'function', function: { name, arguments: '' } };
    const isKnown = name !== undefined;
    return this.#part(index, { role: 'assistant', content: null, ...(isKnown && { tool_calls: [call] }) });
  }

  isTold({ text, tokens }: TextPart): boolean {
    return (text !== '' || (tokens ?? []).length > 0) && !this.#isUnknownCall;
  }

  /** Of which tool its text is a call is known at its end. */
  get #isUnknownCall(): boolean {
    return this.#forced !== undefined && this.#forced.name === undefined;
  }

  text(step: TextPart): string {
    const { text, choice } = step;
    const delta = this.#forced ? { tool_calls: [{ index: 0, function: { arguments: text } }] } : { content: text };
    return this.#part(choice, delta, { logprobs: logProbsOf([step]) });
  }

  *end(result: TextResult): Generator<string> {
    const { choices } = result.output;
    for (const [index, choice] of choices.entries()) {
      const isTold = this.#forced?.name !== undefined && callIn(choice, this.#forced) !== undefined;
      const calls = isTold ? [] : callsOf(choice, this.#forced, this.#id);
      if (calls.length === 0 && this.#isUnknownCall) yield this.#part(index, { content: choice.text });
      if (calls.length > 0) {
        yield this.#part(index, { tool_calls: calls.map((call, i) => ({ index: i, ...call })) });
      }
      const isLast = index === choices.length - 1;
      yield this.#part(
        index,
        {},
        { finish_reason: finishReasonOf(choice, this.#forced) },
        isLast ? { terrace: terraceOf(result) } : {},
      );
    }
    if (this.#includeUsage) yield event({ ...this.#head, choices: [], usage: usageOf(result) });
  }

  #part(index: number, delta: object, more: object = {}, beside: object = {}): string {
    const choice = { index, delta, logprobs: null, finish_reason: null, ...more };
    return event({ ...this.#head, choices: [choice], ...(this.#includeUsage && { usage: null }), ...beside });
  }
}
