import type { TextResult, TextStep } from '@terrace/core/text';
import type { ChatFrame } from './chat-response.js';
import { callId, callsOf, finishReasonOf, isForced, logProbsOf, terraceOf, usageOf } from './text-response.js';

export interface EventOptions {
  readonly frame: ChatFrame;
  /** How many answers there are. */
  readonly choices: number;
  readonly includeUsage: boolean;
  /** The tool whose arguments the text is. */
  readonly forced: string | undefined;
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
      if (step.kind === 'text' && (step.text !== '' || step.tokens?.length)) yield write.text(step);
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
  readonly #forced: string | undefined;

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
    const call = { id: callId(this.#id), type: 'function', function: { name: this.#forced, arguments: '' } };
    return this.#part(
      index,
      this.#forced === undefined
        ? { role: 'assistant', content: '' }
        : { role: 'assistant', content: null, tool_calls: [{ index: 0, ...call }] },
    );
  }

  text(step: Extract<TextStep, { kind: 'text' }>): string {
    const { text, choice } = step;
    const delta =
      this.#forced === undefined ? { content: text } : { tool_calls: [{ index: 0, function: { arguments: text } }] };
    return this.#part(choice, delta, { logprobs: logProbsOf([step]) });
  }

  *end(result: TextResult): Generator<string> {
    const { choices } = result.output;
    for (const [index, choice] of choices.entries()) {
      const calls = isForced(choice, this.#forced) ? [] : callsOf(choice, this.#forced, this.#id);
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
