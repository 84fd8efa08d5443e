import { deltaInputs, plainInputs } from '../delta/delta-inputs.js';
import { readSafetensors } from '../delta/safetensors.js';
import type { EngineDelta, EngineInput, EngineModel, EngineOutput } from '../ports/model-engine.js';
import { groupByLength } from '../tasks/batch-groups.js';
import { cutToContext, encoderFeeds, type PlainTensor } from '../tasks/encoder-feeds.js';
import { readingOf } from '../tasks/graph-reading.js';
import { createTurns } from '../wait/turns.js';
import type { EncoderGraph, EncoderHost } from './encoder-host.js';
import { cannotRun } from './session-faults.js';
import type { FeatureRun } from './run-features.js';
import type { TextTokenizer, TokenizedText } from './text-tokenizer.js';

/** More than words of any language take on average: so much of a text is sure to fill the context. */
const CHARACTERS_PER_TOKEN = 16;

type Host = Pick<EncoderHost<never>, 'readVerified' | 'nowMs' | 'loadExtras'>;

/** A loaded encoder and its deltas: text in, scores or embeddings out. One call at a time, in order. */
export class Encoder<Tensor> {
  readonly #model: EngineModel;
  readonly #tokenize: TextTokenizer;
  readonly #graph: EncoderGraph<Tensor>;
  readonly #host: Host;
  readonly #plain: Readonly<Record<string, Tensor>>;
  readonly #deltas = new Map<string, Readonly<Record<string, Tensor>>>();
  readonly #turns = createTurns();
  #featureRun: FeatureRun<Tensor> | undefined;
  #released = false;

  constructor({
    model,
    tokenize,
    graph,
    host,
  }: {
    model: EngineModel;
    tokenize: TextTokenizer;
    graph: EncoderGraph<Tensor>;
    host: Host;
  }) {
    this.#model = model;
    this.#tokenize = tokenize;
    this.#graph = graph;
    this.#host = host;
    this.#plain = model.graph.interface === 'terrace' ? this.#toFeeds(plainInputs(model.graph, graph.emptyRank)) : {};
  }

  attach(delta: EngineDelta): Promise<void> {
    return this.#turns(() => this.#attach(delta));
  }

  async #attach({ deltaId, rank, scale, labelCount, head, adapter }: EngineDelta): Promise<void> {
    if (this.#deltas.has(deltaId)) return;
    const { readVerified } = this.#host;
    const inputs = deltaInputs({
      shape: this.#model.graph,
      rank,
      scale,
      emptyRank: this.#graph.emptyRank,
      labelCount,
      head: readSafetensors(await readVerified(head)),
      adapter: adapter && readSafetensors(await readVerified(adapter)),
    });
    this.#deltas.set(deltaId, this.#toFeeds(inputs, true));
  }

  detach(deltaId: string): Promise<void> {
    return this.#turns(async () => {
      this.#letGo(this.#deltas.get(deltaId));
      this.#deltas.delete(deltaId);
    });
  }

  async run(input: EngineInput, { signal }: { readonly signal?: AbortSignal } = {}): Promise<EngineOutput> {
    const [output] = await this.#turns(() => this.#run([input]), signal);
    return output!;
  }

  runBatch(inputs: readonly EngineInput[]): Promise<EngineOutput[]> {
    return this.#turns(() => this.#run(inputs));
  }

  features(texts: readonly string[], deltaId?: string): Promise<Float32Array> {
    return this.#turns(async () => {
      this.#checkUsable();
      this.#featureRun ??= (await this.#host.loadExtras()).createFeatureRun(this.#model, this.#graph);
      return this.#featureRun(
        texts.map((text) => this.#read(text).row),
        this.#feedsOf(deltaId),
      );
    });
  }

  #checkUsable(): void {
    if (this.#released) throw cannotRun(this.#model.modelId, 'it was released');
  }

  /** @param inputs of one task and delta */
  async #run(inputs: readonly EngineInput[]): Promise<EngineOutput[]> {
    this.#checkUsable();
    const startMs = this.#host.nowMs();
    const texts = inputs.map(({ text }) => this.#read(text));
    const values = await this.#runRows(
      texts.map(({ row }) => row),
      inputs[0]!,
    );
    const runMs = (this.#host.nowMs() - startMs) / inputs.length;
    return texts.map(({ ids, row, unknownTokens }, i) => {
      return { values: values[i]!, tokens: row.length, textTokens: ids.length, unknownTokens, runMs };
    });
  }

  /** Rows of similar length share a run. An answer that the company might have changed is asked for again alone. */
  async #runRows(rows: readonly (readonly number[])[], input: EngineInput): Promise<Float32Array[]> {
    if (rows.length === 1) return this.#runGraph(rows, input);
    const groups = groupByLength(rows, this.#graph.maxPadding);
    const { isNearTie } = readingOf(input.task);
    const values: Float32Array[] = [];
    for (const group of groups) {
      const together = await this.#runGraph(
        group.map((index) => rows[index]!),
        input,
      );
      const sensitive = group.length > 1 && this.#model.batchSensitive;
      for (const [i, index] of group.entries()) {
        const alone = sensitive && isNearTie(together[i]!);
        values[index] = alone ? (await this.#runGraph([rows[index]!], input))[0]! : together[i]!;
      }
    }
    return values;
  }

  /** What the context holds of a text; a text far beyond it is not tokenized to its end, which could take a second. */
  #read(text: string): TokenizedText & { readonly row: readonly number[] } {
    const { contextTokens } = this.#model;
    const start = text.slice(0, contextTokens * CHARACTERS_PER_TOKEN);
    let tokenized = this.#tokenize(start, contextTokens);
    const reached = start.length === text.length || tokenized.ids.length > contextTokens;
    if (!reached) tokenized = this.#tokenize(text, contextTokens);
    return { ...tokenized, row: cutToContext(tokenized.ids, contextTokens) };
  }

  async #runGraph(rows: readonly (readonly number[])[], { task, deltaId }: EngineInput): Promise<Float32Array[]> {
    if (this.#model.graph.interface === 'transformers') {
      const { runHubGraph } = await this.#host.loadExtras();
      return runHubGraph(this.#graph, rows, task);
    }
    const feeds = { ...this.#toFeeds(encoderFeeds(rows)), ...this.#feedsOf(deltaId) };
    const { data } = await this.#graph.run(feeds, readingOf(task).graphOutput);
    if (rows.length === 1) return [data];
    const width = data.length / rows.length;
    return rows.map((_, row) => data.slice(row * width, (row + 1) * width));
  }

  #feedsOf(deltaId: string | undefined): Readonly<Record<string, Tensor>> {
    const feeds = deltaId === undefined ? this.#plain : this.#deltas.get(deltaId);
    if (feeds) return feeds;
    throw cannotRun(this.#model.modelId, 'the delta is not attached');
  }

  release(): Promise<void> {
    return this.#turns(() => this.#release());
  }

  async #release(): Promise<void> {
    if (this.#released) return;
    this.#released = true;
    this.#deltas.clear();
    await this.#graph.release();
  }

  #toFeeds(inputs: Readonly<Record<string, PlainTensor>>, isKept?: boolean): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {};
    try {
      for (const name in inputs) feeds[name] = this.#graph.toTensor(inputs[name]!, isKept);
      return feeds;
    } catch (error) {
      // Where memory ends in the middle of a delta, what is kept of it would never be let go.
      this.#letGo(feeds);
      throw error;
    }
  }

  #letGo(feeds: Readonly<Record<string, Tensor>> | undefined): void {
    for (const name in feeds) this.#graph.letGo?.(feeds[name]!);
  }
}
