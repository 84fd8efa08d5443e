import {
  cutToContext,
  deltaInputs,
  encoderFeeds,
  EngineError,
  groupByLength,
  plainInputs,
  readSafetensors,
  taskOf,
  type EngineDelta,
  type EngineInput,
  type EngineModel,
  type EngineOutput,
  type EngineSession,
  type LoadReport,
  type PlainTensor,
} from '@terrace/core/engine';
import { readVerified } from '../store/files/verified-file.js';
import { openGraph, toTensor, type Feeds, type OrtGraph } from './ort-graph.js';
import { loadTokenizer, type TextTokenizer, type TokenizedText } from './text-tokenizer.js';
import { runHubGraph } from './hub-graph.js';
import { createTurns } from './turns.js';

/** Runs before the first request. Code is still being compiled during them, so the fastest one is the speed. */
const WARM_RUNS = 5;
/** More than words of any language take on average: so much of a text is sure to fill the context. */
const CHARACTERS_PER_TOKEN = 16;
const WARM_TEXT = 'where is my parcel and when will it arrive';

/** What the loading thread can tell of a load; the host adds what it cost the process. */
export type ThreadReport = Omit<LoadReport, 'peakMemoryBytes'>;
export type ThreadSession = Omit<EngineSession, 'report'> & { readonly report: ThreadReport };

/**
 * Loads an encoder into the calling thread. Tokenizer, tensors and delta factors stay here: a run
 * takes text and gives back scores.
 */
export async function loadEncoder(model: EngineModel, thread: LoadReport['thread']): Promise<ThreadSession> {
  const startMs = performance.now();
  const [tokenize, graph] = await bothLoaded(loadTokenizer(model.tokenizer, model.tokenizerConfig), openGraph(model));
  const encoder = new Encoder(model, tokenize, graph);
  // A classifier of the hub has logits and nothing else to ask for.
  const classifies = model.graph.interface === 'transformers' && graph.outputNames.includes('logits');
  const warmRunMs = await warmUp(encoder, classifies ? 'text-classification' : 'feature-extraction');
  return Object.assign(encoder, {
    alive: true,
    report: {
      loadMs: performance.now() - startMs,
      bytesRead: model.weights.bytes + model.tokenizer.bytes + (model.tokenizerConfig?.bytes ?? 0),
      warmRunMs,
      thread,
    },
  });
}

/** A load that fails has ended: a thread that is taken down while the runtime still works in it takes the process along. */
async function bothLoaded(
  loadingTokenizer: Promise<TextTokenizer>,
  openingGraph: Promise<OrtGraph>,
): Promise<[TextTokenizer, OrtGraph]> {
  const [tokenizer, graph] = await Promise.allSettled([loadingTokenizer, openingGraph]);
  if (tokenizer.status === 'fulfilled' && graph.status === 'fulfilled') return [tokenizer.value, graph.value];
  if (graph.status === 'fulfilled') await graph.value.release();
  throw tokenizer.status === 'rejected' ? tokenizer.reason : (graph as PromiseRejectedResult).reason;
}

async function warmUp(encoder: Encoder, task: EngineInput['task']): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < WARM_RUNS; i++) {
    const { runMs } = await encoder.run({ task, text: WARM_TEXT, deltaId: undefined });
    times.push(runMs);
  }
  return Math.min(...times);
}

class Encoder {
  readonly #model: EngineModel;
  readonly #tokenize: TextTokenizer;
  readonly #graph: OrtGraph;
  readonly #plain: Feeds;
  readonly #deltas = new Map<string, Feeds>();
  readonly #turns = createTurns();
  #released = false;

  constructor(model: EngineModel, tokenize: TextTokenizer, graph: OrtGraph) {
    this.#model = model;
    this.#tokenize = tokenize;
    this.#graph = graph;
    this.#plain = model.graph.interface === 'terrace' ? toFeeds(plainInputs(model.graph)) : {};
  }

  attach(delta: EngineDelta): Promise<void> {
    return this.#turns(() => this.#attach(delta));
  }

  async #attach({ deltaId, rank, labelCount, head, adapter }: EngineDelta): Promise<void> {
    if (this.#deltas.has(deltaId)) return;
    const inputs = deltaInputs({
      shape: this.#model.graph,
      rank,
      labelCount,
      head: readSafetensors(await readVerified(head)),
      adapter: adapter && readSafetensors(await readVerified(adapter)),
    });
    this.#deltas.set(deltaId, toFeeds(inputs));
  }

  detach(deltaId: string): Promise<void> {
    return this.#turns(async () => void this.#deltas.delete(deltaId));
  }

  async run(input: EngineInput, { signal }: { readonly signal?: AbortSignal } = {}): Promise<EngineOutput> {
    const [output] = await this.#turns(() => this.#run([input]), signal);
    return output!;
  }

  runBatch(inputs: readonly EngineInput[]): Promise<EngineOutput[]> {
    return this.#turns(() => this.#run(inputs));
  }

  /** @param inputs of one task and delta */
  async #run(inputs: readonly EngineInput[]): Promise<EngineOutput[]> {
    if (this.#released) throw unusable(this.#model, 'it was released');
    const startMs = performance.now();
    const texts = inputs.map(({ text }) => this.#tokenizeStart(text));
    const rows = texts.map(({ ids }) => cutToContext(ids, this.#model.contextTokens));
    const values = await this.#runRows(rows, inputs[0]!);
    const runMs = (performance.now() - startMs) / inputs.length;
    return rows.map((row, i) => {
      const { ids, unknownTokens } = texts[i]!;
      return { values: values[i]!, tokens: row.length, textTokens: ids.length, unknownTokens, runMs };
    });
  }

  /** Rows of similar length share a run. An answer that the company might have changed is asked for again alone. */
  async #runRows(rows: readonly (readonly number[])[], input: EngineInput): Promise<Float32Array[]> {
    const groups = this.#graph.takesBatches ? groupByLength(rows.map(({ length }) => length)) : rows.map((_, i) => [i]);
    const { isNearTie } = taskOf(input.task);
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
  #tokenizeStart(text: string): TokenizedText {
    const { contextTokens } = this.#model;
    const start = text.slice(0, contextTokens * CHARACTERS_PER_TOKEN);
    const tokenized = this.#tokenize(start, contextTokens);
    const reached = start.length === text.length || tokenized.ids.length > contextTokens;
    return reached ? tokenized : this.#tokenize(text, contextTokens);
  }

  async #runGraph(rows: readonly (readonly number[])[], { task, deltaId }: EngineInput): Promise<Float32Array[]> {
    if (this.#model.graph.interface === 'transformers') return runHubGraph(this.#graph, rows, task);
    const delta = deltaId === undefined ? this.#plain : this.#deltas.get(deltaId);
    if (!delta) throw unusable(this.#model, 'the delta is not attached');
    const output = await this.#graph.run({ ...toFeeds(encoderFeeds(rows)), ...delta }, taskOf(task).graphOutput);
    const data = output.data as Float32Array;
    if (rows.length === 1) return [data];
    const width = data.length / rows.length;
    return rows.map((_, row) => data.slice(row * width, (row + 1) * width));
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
}

function toFeeds(inputs: Record<string, PlainTensor>): Feeds {
  const feeds: Feeds = {};
  for (const name in inputs) feeds[name] = toTensor(inputs[name]!);
  return feeds;
}

function unusable({ modelId }: EngineModel, why: string): EngineError {
  return new EngineError({
    message: `${modelId} cannot run: ${why}.`,
    hint: 'This is a fault in Terrace: please report it with the trace.',
    facts: { model: modelId },
  });
}
