import type { ToolCall } from '../../tasks/text-generation/messages.js';
import type { Detokenizer } from '../prompt/chat-tokenizer.js';
import { createStopFilter, type StopFilter } from '../stop/stop-filter.js';

/** Reads the calls of tools out of an answer; `text` is what stands beside them. */
export type ReadToolCalls = (
  text: string,
  family: string,
  newId: () => string,
  /** Of the tools that may be called. */
  names: ReadonlySet<string>,
) => { readonly text: string; readonly toolCalls: readonly ToolCall[] };

/** Tokens of one answer to the text that is shown of it. */
export class ShownText {
  readonly #detokenizer: Detokenizer;
  readonly #stop: StopFilter;
  readonly #call: StopFilter | undefined;
  /** All that was shown. */
  text = '';
  /** With what may be a call. */
  #whole = '';

  /** @param callMark from here on the answer may be a call: nothing of it is shown before it is known */
  constructor(detokenizer: Detokenizer, stops: readonly string[], callMark: string | undefined) {
    this.#detokenizer = detokenizer;
    this.#stop = createStopFilter(stops);
    this.#call = callMark === undefined ? undefined : createStopFilter([callMark]);
  }

  get isStopped(): boolean {
    return this.#stop.isStopped;
  }

  /** @returns what may be shown now */
  push(token: number): string {
    return this.#show(this.#stop.push(this.#detokenizer.push(token)));
  }

  /** @returns what was held back, without calls */
  end(readCalls: (text: string) => ReturnType<ReadToolCalls>): { rest: string; toolCalls: readonly ToolCall[] } {
    const shown = this.text.length;
    this.#show(this.isStopped ? '' : this.#stop.push(this.#detokenizer.end()) + this.#stop.end());
    const { text, toolCalls } = this.#call ? readCalls(this.#whole) : { text: this.#whole, toolCalls: [] };
    // Of an answer with calls the space before them may be shown already, and is no longer part of the text.
    const rest = (toolCalls.length > 0 ? text : this.#whole).slice(shown);
    this.text = this.text.slice(0, shown) + rest;
    return { rest, toolCalls };
  }

  #show(text: string): string {
    this.#whole += text;
    const shown = this.#call ? this.#call.push(text) : text;
    this.text += shown;
    return shown;
  }
}
