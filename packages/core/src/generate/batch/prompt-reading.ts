import type { Caches, TextGraph, TextStep } from '../graph/text-graph.js';
import type { PrefixCache } from '../kv/prefix-cache.js';
import type { Prompt } from '../prompt/chat-tokenizer.js';

/** A prompt on its way through the graph, one chunk a turn. */
export class PromptReading<C extends Caches> {
  /** Of the prompt, those that were kept from another one. */
  readonly cachedTokens: number;
  readonly #prompt: Prompt;
  readonly #graph: TextGraph<C>;
  readonly #prefixes: PrefixCache<C> | undefined;
  #caches: C | undefined;
  #read: number;

  constructor(prompt: Prompt, graph: TextGraph<C>, prefixes: PrefixCache<C> | undefined) {
    this.#prompt = prompt;
    this.#graph = graph;
    this.#prefixes = prefixes;
    const known = prefixes?.find(prompt.ids);
    this.cachedTokens = known?.tokens ?? 0;
    this.#read = this.cachedTokens;
    this.#caches = known ? graph.gather([{ caches: known.caches, row: 0 }], true) : graph.empty();
  }

  /** @returns logits behind the prompt and its caches, which are the caller's from then on; undefined while there is more */
  async step(): Promise<TextStep<C> | undefined> {
    const { ids, sharedTokens } = this.#prompt;
    const from = this.#read;
    // A chunk ends where the shared beginning does, so that it can be kept.
    const isNew = from < sharedTokens && this.#prefixes?.has(ids.subarray(0, sharedTokens)) === false;
    const border = isNew ? sharedTokens : ids.length;
    const to = Math.min(from + this.#graph.chunkTokens, border);
    const isLast = to === ids.length;
    const caches = this.#caches!;
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
    if (to === sharedTokens || isLast) this.#keep(ids.subarray(0, to));
    if (!isLast) return undefined;
    this.#caches = undefined;
    return step;
  }

  release(): void {
    this.#caches?.release();
    this.#caches = undefined;
  }

  #keep(ids: Int32Array): void {
    const prefixes = this.#prefixes;
    if (prefixes && !prefixes.has(ids))
      prefixes.keep(ids, this.#graph.gather([{ caches: this.#caches!, row: 0 }], true));
  }
}
