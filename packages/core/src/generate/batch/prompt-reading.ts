import type { Caches, TextGraph, TextStep } from '../graph/text-graph.js';
import type { PrefixCache } from '../kv/prefix-cache.js';
import type { Prompt } from '../prompt/chat-tokenizer.js';

/** A prompt on its way through the graph, one chunk a turn. */
export class PromptReading<C extends Caches> {
  /** Of the prompt, those that were kept from another one; known from the first step on. */
  cachedTokens = 0;
  readonly #prompt: Prompt;
  readonly #graph: TextGraph<C>;
  readonly #prefixes: PrefixCache<C> | undefined;
  #caches: C | undefined;
  #read = 0;

  constructor(prompt: Prompt, graph: TextGraph<C>, prefixes: PrefixCache<C> | undefined) {
    this.#prompt = prompt;
    this.#graph = graph;
    this.#prefixes = prefixes;
  }

  /** Of the prompt, those that are in the caches. */
  get read(): number {
    return this.#read;
  }

  /**
   * @param mostTokens in this run
   * @returns logits behind the prompt and its caches, which are the caller's from then on; undefined while there is more
   */
  async step(mostTokens = this.#graph.chunkTokens): Promise<TextStep<C> | undefined> {
    const { ids, sharedTokens } = this.#prompt;
    const caches = this.#caches ?? this.#begin();
    const from = this.#read;
    // A chunk ends where the shared beginning does, so that it can be kept. A short one is read anew in one run with what
    // follows: a run more takes a second in some hosts, and all of them read half a chunk in little more time than a token.
    const isWorthARun = sharedTokens * 2 >= this.#graph.chunkTokens;
    const isNew = from < sharedTokens && isWorthARun && this.#prefixes?.wants(ids.subarray(0, sharedTokens)) === true;
    const border = isNew ? sharedTokens : ids.length;
    const to = endOfChunk(from, mostTokens, border);
    const isLast = to === ids.length;
    this.#caches = undefined;
    const step = await this.#graph.run({
      ids: ids.subarray(from, to),
      columns: to - from,
      caches,
      keep: false,
      logits: isLast ? 'last' : 'none',
    });
    this.#read = to;
    this.#caches = step.caches;
    if (to === sharedTokens || isLast) this.#keep(ids.subarray(0, to), to === sharedTokens);
    if (!isLast) return undefined;
    this.#caches = undefined;
    return step;
  }

  release(): void {
    this.#caches?.release();
    this.#caches = undefined;
  }

  /** Looked up only now: of prompts that came together, the first one's beginning is there for the others. */
  #begin(): C {
    const known = this.#prefixes?.find(this.#prompt.ids);
    if (!known) return this.#graph.empty();
    this.cachedTokens = known.tokens;
    this.#read = known.tokens;
    return this.#graph.gather([{ caches: known.caches, row: 0 }], true);
  }

  #keep(ids: Int32Array, isShared: boolean): void {
    if (this.#prefixes?.wants(ids))
      this.#prefixes.keep(ids, this.#graph.gather([{ caches: this.#caches!, row: 0 }], true), isShared);
  }
}

/** No single token is left over: alone it is rounded otherwise, and the answer must not depend on the size of chunks. */
function endOfChunk(from: number, mostTokens: number, border: number): number {
  const to = Math.min(from + mostTokens, border);
  return border - to === 1 && to - from > 2 ? to - 1 : to;
}
