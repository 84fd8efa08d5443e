import { toEnvelope } from '../../errors/error-envelope.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { OverloadedError } from '../../errors/overloaded-error.js';
import { cannotRun } from '../../encoder/session-faults.js';
import type { Random } from '../../ports/random.js';
import type { TextJob, TextModel } from '../../ports/text-engine.js';
import type { GrammarCompiler } from '../grammar/grammar.js';
import type { Caches, TextGraph } from '../graph/text-graph.js';
import type { ChatTokenizer } from '../prompt/chat-tokenizer.js';
import type { TextEvent } from '../worker/text-worker.js';
import { GraphFault, withFaults } from './graph-fault.js';
import { JobRun } from './job-run.js';
import { SHARE_MS } from './places.js';
import { checkLimit, startGrammar } from './sequence.js';
import type { ReadToolCalls } from './shown-text.js';
import { Turn } from './turn.js';

/** A reader that takes nothing for so long is gone. */
const STALLED_MS = 30_000;
/** The same where others wait for the memory that its answer holds. */
const STALLED_SHORT_MS = 5_000;
/** More jobs wait for nothing: their callers have given up before their turn. */
const MOST_WAITING = 256;

export interface BatcherOptions<C extends Caches> {
  readonly model: Pick<TextModel, 'modelId' | 'contextTokens' | 'kvBytes' | 'shape'>;
  readonly graph: TextGraph<C>;
  readonly tokenizer: ChatTokenizer;
  readonly grammars: GrammarCompiler;
  /** Without it calls of tools are text. */
  readonly readToolCalls: ReadToolCalls | undefined;
  readonly nowMs: () => number;
  readonly random: Random;
  readonly yieldToMessages: () => Promise<void>;
  readonly sleep: (delayMs: number) => Promise<void>;
  /** Told what happened in one turn, all jobs together. */
  readonly send: (events: readonly TextEvent[]) => void;
}

/** Generates for all who ask, side by side: one chunk of one prompt and one token of every answer a turn. */
export interface Batcher {
  begin(jobId: number, job: TextJob, creditTokens: number): void;
  more(jobId: number, tokens: number): void;
  cancel(jobId: number): void;
  /** @returns a copy of the logits behind these ids */
  logits(ids: Int32Array): Promise<Float32Array>;
  /** Answers that are written or wait. */
  active(): number;
  /** Fails what is under way, and lets go of all caches. */
  close(): Promise<void>;
}

interface LogitsCall {
  readonly ids: Int32Array;
  readonly resolve: (logits: Float32Array) => void;
  readonly reject: (error: unknown) => void;
}

export const createBatcher = <C extends Caches>(options: BatcherOptions<C>): Batcher => new TurnBatcher(options);

class TurnBatcher<C extends Caches> implements Batcher {
  readonly #options: BatcherOptions<C>;
  readonly #turn: Turn<C>;
  readonly #contextTokens: number;
  /** All that are not over, in order of arrival. */
  readonly #runs = new Map<number, JobRun<C>>();
  /** Over, and perhaps still with caches. */
  readonly #gone: JobRun<C>[] = [];
  readonly #calls: LogitsCall[] = [];
  #looping: Promise<void> | undefined;
  #isWoken = false;
  /** When readers that take nothing are looked for next. */
  #watchMs = Infinity;
  #endedWith: Error | undefined;

  constructor(options: BatcherOptions<C>) {
    const { model, graph } = options;
    this.#options = options;
    const kvTokens = Math.floor(model.kvBytes / graph.bytesPerToken);
    this.#contextTokens = Math.min(model.contextTokens, kvTokens);
    this.#turn = new Turn({ ...options, graph: withFaults(graph), kvTokens });
  }

  begin(jobId: number, job: TextJob, creditTokens: number): void {
    try {
      if (this.#endedWith) throw this.#endedWith;
      if (this.#runs.size >= MOST_WAITING) throw overloaded(this.#options.model.modelId);
      this.#runs.set(jobId, this.#newRun(jobId, job, creditTokens));
      this.#wake();
    } catch (error) {
      this.#options.send([{ jobId, kind: 'failed', error: toEnvelope(error) }]);
    }
  }

  more(jobId: number, tokens: number): void {
    this.#runs.get(jobId)?.more(tokens);
    this.#wake();
  }

  cancel(jobId: number): void {
    const run = this.#runs.get(jobId);
    if (run) this.#forget(run);
    this.#wake();
  }

  logits(ids: Int32Array): Promise<Float32Array> {
    return new Promise((resolve, reject) => {
      if (ids.length === 0) throw nothingToRead(this.#options.model.modelId);
      this.#calls.push({ ids, resolve, reject });
      this.#wake();
    });
  }

  active(): number {
    let active = 0;
    for (const run of this.#runs.values()) active += run.open;
    return active;
  }

  async close(): Promise<void> {
    this.#end(cannotRun(this.#options.model.modelId, 'it was released'));
    await this.#looping;
    this.#sweep();
    this.#turn.release();
  }

  #newRun(id: number, job: TextJob, creditTokens: number): JobRun<C> {
    const { tokenizer, grammars, nowMs, random, model } = this.#options;
    const { format, context, maxTokens, seed = Math.floor(random() * 2 ** 32) } = job.generation;
    // Trimming leaves room for the answer, refusing leaves the caller's last word to be answered as far as it goes.
    const answerTokens = context === 'trim' ? Math.min(maxTokens, this.#contextTokens >> 2) : 1;
    const prompt = tokenizer.prompt({ ...job, context }, this.#contextTokens - Math.max(1, answerTokens));
    if (prompt.ids.length === 0) throw nothingToRead(this.#options.model.modelId);
    const grammar =
      format.kind === 'text' || format.kind === 'enum'
        ? undefined
        : startGrammar(grammars.compile(format), job.prefix, model.modelId);
    const run = new JobRun<C>({
      id,
      job,
      prompt,
      grammar,
      creditTokens,
      seed,
      contextTokens: this.#contextTokens,
      nowMs: nowMs(),
    });
    if (grammar) checkLimit(grammar, run.limitTokens, model.modelId);
    return run;
  }

  #wake(): void {
    this.#isWoken = true;
    if (this.#endedWith) this.#end(this.#endedWith);
    else this.#looping ??= this.#loop();
  }

  async #loop(): Promise<void> {
    try {
      do {
        // Before the first turn, too: jobs that begin together begin in the same turn.
        await this.#options.yieldToMessages();
        this.#isWoken = false;
      } while ((await this.#step()) || this.#isWoken);
    } catch (fault) {
      const { modelId } = this.#options.model;
      const known = fault instanceof GraphFault ? fault : new GraphFault('loop', { cause: fault });
      this.#end(known.toError(modelId), 'dead');
    } finally {
      this.#looping = undefined;
    }
    this.#watchStalled();
  }

  /** Readers that take nothing may be all that there is: then nobody else calls the loop again. */
  #watchStalled(): void {
    const nowMs = this.#options.nowMs();
    const dueMs = Array.from(this.#runs.values(), ({ pausedMs = Infinity, waitingMs = -Infinity }) => {
      // Or there is room for one that has waited.
      const sharedMs = waitingMs + SHARE_MS < nowMs ? Infinity : waitingMs + SHARE_MS;
      return Math.min(pausedMs + this.#patienceMs, sharedMs);
    });
    const watchMs = Math.min(...dueMs) + 1;
    if (watchMs >= this.#watchMs) return;
    this.#watchMs = watchMs;
    void this.#options.sleep(Math.max(0, watchMs - nowMs)).then(() => {
      if (this.#watchMs === watchMs) this.#watchMs = Infinity;
      this.#wake();
    });
  }

  get #patienceMs(): number {
    return this.#turn.isShort ? STALLED_SHORT_MS : STALLED_MS;
  }

  /** @returns whether there is more to do without another word from outside */
  async #step(): Promise<boolean> {
    if (this.#endedWith) return false;
    this.#sweep();
    this.#abandonStalled(this.#options.nowMs());
    const hasCalled = await this.#call();
    const hasRun = await this.#turn.take([...this.#runs.values()]);
    return this.#tell() || hasRun || hasCalled;
  }

  async #call(): Promise<boolean> {
    const call = this.#calls.shift();
    if (!call) return false;
    try {
      call.resolve(await this.#turn.logits(call.ids));
    } catch (fault) {
      call.reject(fault instanceof GraphFault ? fault.toError(this.#options.model.modelId) : fault);
      throw fault;
    }
    return true;
  }

  #abandonStalled(nowMs: number): void {
    for (const run of this.#runs.values()) {
      if (run.pausedMs !== undefined && nowMs - run.pausedMs > this.#patienceMs) run.abandon();
    }
  }

  /** @returns whether one of them is over: its place is free */
  #tell(): boolean {
    const events: TextEvent[] = [];
    let hasEnded = false;
    for (const run of this.#runs.values()) {
      const jobId = run.id;
      const pieces = run.drain();
      if (pieces.length > 0) events.push({ jobId, kind: 'pieces', pieces });
      if (!run.isOver) continue;
      if (run.error !== undefined) events.push({ jobId, kind: 'failed', error: toEnvelope(run.error) });
      else events.push({ jobId, kind: 'ended', end: run.end(this.#options.nowMs()) });
      this.#forget(run);
      hasEnded = true;
    }
    if (events.length > 0) this.#options.send(events);
    return hasEnded;
  }

  #forget(run: JobRun<C>): void {
    run.isGone = true;
    this.#runs.delete(run.id);
    this.#gone.push(run);
  }

  #sweep(): void {
    for (const run of this.#gone.splice(0)) run.release();
  }

  #end(error: Error, kind?: 'dead'): void {
    this.#endedWith ??= error;
    const envelope = toEnvelope(error);
    const events: TextEvent[] = Array.from(this.#runs.keys(), (jobId) => ({ jobId, kind: 'failed', error: envelope }));
    for (const run of this.#runs.values()) this.#forget(run);
    if (kind) events.push({ kind, error: envelope });
    if (events.length > 0) this.#options.send(events);
    for (const { reject } of this.#calls.splice(0)) reject(this.#endedWith);
  }
}

const overloaded = (modelId: string): OverloadedError =>
  new OverloadedError({
    message: `${MOST_WAITING} texts wait for ${modelId} already.`,
    hint: 'Ask again in a moment.',
    facts: { model: modelId, waiting: MOST_WAITING },
  });

const nothingToRead = (modelId: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `The chat is empty as ${modelId} reads it.`,
    hint: 'Write a message, or a chat template that shows it.',
    facts: { model: modelId, field: 'messages' },
  });
