import { seededRandom } from '../../evaluate/seeded-random.js';
import type { Random } from '../../ports/random.js';
import type { TextModel } from '../../ports/text-engine.js';
import type { Caches, TextGraph, TextStep } from '../graph/text-graph.js';
import { createPrefixCache, type PrefixCache } from '../kv/prefix-cache.js';
import type { ChatTokenizer } from '../prompt/chat-tokenizer.js';
import { ChunkPace } from './chunk-pace.js';
import { enumAnswers, valuesLeft } from './enum-answers.js';
import { EnumScoring } from './enum-scoring.js';
import { GraphFault } from './graph-fault.js';
import type { JobRun } from './job-run.js';
import { SHARE_MS } from './places.js';
import { PromptReading } from './prompt-reading.js';
import { RowBatch } from './row-batch.js';
import { PREFIX_SHARE, RowRooms } from './row-rooms.js';
import { Sequence } from './sequence.js';
import type { ReadToolCalls } from './shown-text.js';

const PRIORITY = { high: 0, normal: 1, low: 2 } as const;

export interface TurnOptions<C extends Caches> {
  readonly model: Pick<TextModel, 'modelId' | 'kvBytes' | 'shape'>;
  /** That throws nothing but `GraphFault`. */
  readonly graph: TextGraph<C>;
  readonly tokenizer: ChatTokenizer;
  readonly readToolCalls: ReadToolCalls | undefined;
  /** Positions that there is memory for. */
  readonly kvTokens: number;
  readonly nowMs: () => number;
  readonly random: Random;
  readonly yieldToMessages: () => Promise<void>;
}

/** A job whose prompt is not read to its end. */
type Reading<C extends Caches> = JobRun<C> & { readonly reading: PromptReading<C> };

/**
 * What is done in one turn of the loop: one chunk of one prompt, one token of every answer. So a long prompt delays the
 * others by a chunk, and whoever gives up is noticed within a token. Errors of one job are its own; a `GraphFault` is
 * thrown.
 */
export class Turn<C extends Caches> {
  readonly #options: TurnOptions<C>;
  readonly #graph: TextGraph<C>;
  readonly #prefixes: PrefixCache<C>;
  readonly #rooms: RowRooms;
  readonly #rows: RowBatch<C>;
  readonly #pace: ChunkPace;
  #runs: readonly JobRun<C>[] = [];

  constructor(options: TurnOptions<C>) {
    this.#options = options;
    this.#graph = options.graph;
    const { kvTokens } = options;
    const { bytesPerToken } = options.graph;
    this.#prefixes = createPrefixCache({ limitBytes: options.model.kvBytes * PREFIX_SHARE, bytesPerToken });
    this.#pace = new ChunkPace(options.graph.chunkTokens);
    this.#rooms = new RowRooms({ kvTokens, bytesPerToken, prefixes: this.#prefixes });
    this.#rows = new RowBatch({ ...options, prefixes: this.#prefixes, rooms: this.#rooms, pace: this.#pace });
  }

  /** Whether somebody waits for memory that others hold. */
  get isShort(): boolean {
    return this.#rooms.isShort;
  }

  /**
   * @param runs that are not over, in order of arrival
   * @returns whether anything was done
   */
  async take(runs: readonly JobRun<C>[]): Promise<boolean> {
    this.#runs = runs.toSorted((a, b) => PRIORITY[a.job.priority] - PRIORITY[b.job.priority]);
    const nowMs = this.#options.nowMs();
    this.#closeRooms();
    this.#admit(nowMs);
    const next = this.#nextToRead();
    this.#rows.keepEnded(next?.prompt.ids);
    const hasRead = next !== undefined;
    if (next) await this.#read(next);
    const isNobodyWriting = this.#rows.going === 0;
    const hasBegun = this.#startAnswers(nowMs);
    // The first word is told before the next one is computed, where nobody else waits for that: in a page it takes a second.
    if (isNobodyWriting && this.#rows.going > 0) return true;
    const hasScored = await this.#score();
    const hasWritten = await this.#rows.step(nowMs);
    return hasRead || hasBegun || hasScored || hasWritten;
  }

  /** @returns a copy of the logits behind these ids */
  async logits(ids: Int32Array): Promise<Float32Array> {
    const prompt = { ids, sharedTokens: 0, trimmedMessages: 0 };
    const reading = new PromptReading(prompt, this.#graph, undefined);
    let step: TextStep<C> | undefined;
    while (!step) step = await reading.step();
    step.caches.release();
    return step.logits.slice();
  }

  release(): void {
    this.#rows.release();
    this.#prefixes.limit(0);
  }

  /** Of answers that are over. */
  #closeRooms(): void {
    const begun = this.#runs.filter(({ rooms }) => rooms.length > 0);
    const open = begun.flatMap(({ rooms, sequences }) => rooms.filter((_, choice) => !sequences[choice]?.choice));
    this.#rooms.keep(
      new Set(open),
      begun.reduce((tokens, run) => tokens + run.sharedTokens, 0),
    );
  }

  /**
   * Those next in line begin, as far as there is room: nobody is overtaken who needs more of it, not the next answer to a
   * prompt that was read before either.
   */
  #admit(nowMs: number): void {
    let shortMs = Infinity;
    for (const run of this.#runs) {
      if (run.reading) {
        if (run.shortMs !== undefined && run.mayGo(nowMs)) shortMs = Math.min(shortMs, run.shortMs);
        continue;
      }
      if (shortMs < run.begunMs) return;
      const reading = this.#runs.filter((one) => one.reading && one.sequences.length === 0).length;
      const waitedMs = nowMs - run.begunMs;
      if (!this.#rows.hasPlace(reading, waitedMs) || !this.#openRoom(run, nowMs, waitedMs)) return;
      run.reading = new PromptReading(run.prompt, this.#graph, this.#prefixes);
      run.readMs = nowMs;
    }
  }

  /** For its next answer. */
  #openRoom(run: JobRun<C>, nowMs: number, waitedMs: number): boolean {
    const room = this.#rooms.open({
      needed: run.leastTokens,
      mostTokens: run.mostTokens,
      sharedTokens: run.rooms.length === 0 ? run.sharedTokens : 0,
      isAlone: this.#runs.every((one) => one === run || one.rooms.length === 0),
      hasWaited: waitedMs >= SHARE_MS,
    });
    run.shortMs = room ? undefined : (run.shortMs ?? nowMs);
    if (room) run.rooms.push(room);
    return room !== undefined;
  }

  #nextToRead(): Reading<C> | undefined {
    const isRead = (run: JobRun<C>): run is Reading<C> =>
      run.reading !== undefined && !run.start && !run.scoring && run.sequences.length === 0;
    return this.#runs.find(isRead);
  }

  /** One chunk of its prompt. */
  async #read(run: Reading<C>): Promise<void> {
    const start = await this.#readChunk(run.reading);
    if (start) this.#begin(run, start);
  }

  async #readChunk(reading: PromptReading<C>): Promise<TextStep<C> | undefined> {
    const { nowMs } = this.#options;
    const startMs = nowMs();
    const readBefore = reading.read;
    const start = await reading.step(this.#pace.tokens(this.#rows.going > 0));
    // Those that were kept took no run.
    const tokens = reading.read - Math.max(readBefore, reading.cachedTokens);
    this.#pace.sawChunk(tokens, nowMs() - startMs);
    return start;
  }

  #begin(run: JobRun<C>, start: TextStep<C>): void {
    const { format, n } = run.job.generation;
    const { tokenizer, nowMs, model, kvTokens } = this.#options;
    run.startedMs = nowMs();
    run.start = n > 1 ? { caches: start.caches, logits: start.logits.slice() } : start;
    if (format.kind !== 'enum' || run.isGone) return;
    run.start = undefined;
    const maxRows = Math.max(1, Math.min(this.#graph.maxRows, Math.floor(kvTokens / run.mostTokens / 2)));
    try {
      const values = valuesLeft(run.job, model.modelId);
      run.scoring = new EnumScoring({ graph: this.#graph, tokenizer, values, start, maxRows });
    } catch (error) {
      start.caches.release();
      run.fail(error);
    }
  }

  /**
   * The answers of prompts that have been read, one after the other where there is not room for all at once.
   * @returns whether there were any: one that is over with its first token leaves its room to the next in another turn
   */
  #startAnswers(nowMs: number): boolean {
    let hasBegun = false;
    for (const run of this.#runs) {
      const before = run.sequences.length;
      while (run.start && !run.error && !run.isGone && this.#startAnswer(run, nowMs));
      hasBegun ||= run.sequences.length > before;
    }
    return hasBegun;
  }

  #startAnswer(run: JobRun<C>, nowMs: number): boolean {
    const { start, sequences } = run;
    const choice = sequences.length;
    const isFirst = choice === 0;
    const isLast = choice === run.job.generation.n - 1;
    if (!isFirst) {
      const waitedMs = nowMs - run.startedMs!;
      if (!run.mayGo(nowMs) || !this.#rows.hasPlace(0, waitedMs) || !this.#openRoom(run, nowMs, waitedMs)) return false;
    }
    try {
      const sequence = this.#newSequence(run, choice);
      sequences.push(sequence);
      run.spend();
      sequence.take(isLast ? start!.logits : start!.logits.slice());
      if (isLast) run.start = undefined;
      if (sequence.choice) {
        if (isLast) start!.caches.release();
      } else {
        const caches = isLast ? start!.caches : this.#graph.gather([{ caches: start!.caches, row: 0 }], true);
        this.#rows.join(run, sequence, run.rooms[choice]!, caches);
      }
    } catch (error) {
      if (error instanceof GraphFault) throw error;
      run.start = start;
      run.fail(error);
    }
    return !isLast;
  }

  #newSequence(run: JobRun<C>, choice: number): Sequence {
    const { model, tokenizer, random, readToolCalls } = this.#options;
    const { job, prompt, limitTokens, seed } = run;
    const newId = (): string => `call_${Math.floor(random() * 2 ** 48).toString(36)}`;
    const names = new Set(job.tools.map(({ name }) => name));
    return new Sequence({
      choice,
      job,
      limitTokens,
      tokenizer,
      grammar: run.grammar?.copy(),
      modelId: model.modelId,
      family: model.shape.family,
      promptIds: prompt.ids,
      readCalls: (text) => readToolCalls?.(text, model.shape.family, newId, names) ?? { text, toolCalls: [] },
      random: seededRandom(seed + choice * 0x9e3779b9),
    });
  }

  /** One run for the enum that is next. */
  async #score(): Promise<boolean> {
    const { tokenizer } = this.#options;
    for (const run of this.#runs) {
      const { scoring } = run;
      if (!scoring || run.error) continue;
      try {
        if (!scoring.isOver) await scoring.step();
        if (scoring.isOver)
          run.answer(...enumAnswers({ job: run.job, scoring, tokenizer, random: seededRandom(run.seed) }));
      } catch (error) {
        if (error instanceof GraphFault) throw error;
        run.fail(error);
      }
      return true;
    }
    return false;
  }
}
