import type { Caches } from '../graph/text-graph.js';
import type { TextJob } from '../../ports/text-engine.js';
import type { TextChoice, TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import type { GrammarState } from '../grammar/grammar.js';
import type { Prompt } from '../prompt/chat-tokenizer.js';
import type { EnumScoring } from './enum-scoring.js';
import type { PromptReading } from './prompt-reading.js';
import type { RowRoom } from './row-rooms.js';
import type { Sequence } from './sequence.js';

/** A job from its beginning to its end. */
export class JobRun<C extends Caches> {
  readonly id: number;
  readonly job: TextJob;
  readonly prompt: Prompt;
  /** Where each answer begins: behind what stands in front of it. */
  readonly grammar: GrammarState | undefined;
  /** Most tokens of one answer. */
  readonly limitTokens: number;
  /** Most that one answer's row may come to have. */
  readonly mostTokens: number;
  readonly seed: number;
  readonly begunMs: number;

  reading: PromptReading<C> | undefined;
  scoring: EnumScoring<C> | undefined;
  /** What is behind the prompt, until every answer has begun. */
  start: { readonly caches: C; readonly logits: Float32Array } | undefined;
  readonly sequences: Sequence[] = [];
  /** Of the answers, each has its own; the first has it from when the prompt is read. */
  readonly rooms: RowRoom[] = [];
  /** Since when there is not enough memory for its next answer. */
  shortMs: number | undefined;
  error: unknown;
  /** Nobody reads on, or all is told. */
  isGone = false;

  readMs: number | undefined;
  startedMs: number | undefined;
  /** Since when its reader has not kept up. */
  pausedMs: number | undefined;
  /** Of an enum: its answers have no sequences. */
  #scored: readonly TextChoice[] = [];
  #scoredPieces: readonly TextPiece[] = [];
  #scoredTokens = 0;
  #isAbandoned = false;
  #credit: number;
  readonly #fullCredit: number;

  constructor(facts: {
    readonly id: number;
    readonly job: TextJob;
    readonly prompt: Prompt;
    readonly grammar: GrammarState | undefined;
    readonly contextTokens: number;
    readonly creditTokens: number;
    readonly seed: number;
    readonly nowMs: number;
  }) {
    const { id, job, prompt, grammar, contextTokens, creditTokens, seed, nowMs } = facts;
    this.id = id;
    this.job = job;
    this.prompt = prompt;
    this.grammar = grammar;
    this.limitTokens = Math.min(job.generation.maxTokens, contextTokens - prompt.ids.length);
    this.mostTokens = prompt.ids.length + this.limitTokens;
    this.seed = seed;
    this.begunMs = nowMs;
    this.#fullCredit = creditTokens * job.generation.n;
    this.#credit = this.#fullCredit;
  }

  /** What an answer's row needs to begin. Values that are scored lie beside it: their row grows no further. */
  get leastTokens(): number {
    return this.job.generation.format.kind === 'enum' ? this.mostTokens : this.prompt.ids.length + 1;
  }

  /** Of the prompt's caches that other answers are still to begin behind. */
  get sharedTokens(): number {
    const { n, format } = this.job.generation;
    return format.kind !== 'enum' && n > 1 && this.sequences.length < n ? this.prompt.ids.length : 0;
  }

  /** Since when it waits for its next answer to begin; undefined while its prompt is read, and once all have begun. */
  get waitingMs(): number | undefined {
    if (!this.reading) return this.begunMs;
    return this.start && this.startedMs;
  }

  /** Answers that are not over. */
  get open(): number {
    if (this.#isAbandoned) return 0;
    return this.job.generation.n - this.#scored.length - this.sequences.filter(({ choice }) => choice).length;
  }

  /** All answers at once, a piece each. */
  answer(choices: readonly TextChoice[], pieces: readonly TextPiece[]): void {
    this.#scored = choices;
    this.#scoredPieces = pieces;
    this.#scoredTokens = pieces.reduce((sum, { logProbs }) => sum + logProbs.length, 0);
  }

  /** Ends every answer where it is. */
  abandon(): void {
    this.#isAbandoned = true;
    for (const sequence of this.sequences) if (!sequence.choice) sequence.finish('cancelled');
  }

  spend(): void {
    this.#credit--;
  }

  more(tokens: number): void {
    this.#credit = Math.min(this.#fullCredit, this.#credit + tokens);
  }

  /**
   * Whether each answer that is written may have another token. Once it may not, it waits until half of the credit is
   * there again: whoever joins and leaves the others for every token costs all of them.
   */
  mayGo(nowMs: number): boolean {
    const writing = this.sequences.filter(({ choice }) => !choice).length;
    const needed = this.pausedMs === undefined ? writing : Math.max(writing, this.#fullCredit / 2);
    if (this.#credit >= needed) this.pausedMs = undefined;
    else this.pausedMs ??= nowMs;
    return this.pausedMs === undefined;
  }

  /** Keeps the first of several. */
  fail(error: unknown): void {
    this.error ??= error;
  }

  get isOver(): boolean {
    return this.error !== undefined || this.open === 0;
  }

  drain(): readonly TextPiece[] {
    const pieces = [...this.#scoredPieces];
    this.#scoredPieces = [];
    for (const sequence of this.sequences) {
      const piece = sequence.drain();
      if (piece) pieces.push(piece);
    }
    return pieces;
  }

  end(nowMs: number): TextEnd {
    const { readMs = nowMs, startedMs = nowMs, prompt } = this;
    const written = this.sequences.reduce((sum, { tokens }) => sum + tokens, this.#scoredTokens);
    const choices = [...this.#scored, ...this.sequences.map(({ choice }) => choice!)];
    const never: TextChoice = { role: 'assistant', text: '', toolCalls: [], finishReason: 'cancelled' };
    while (choices.length < this.job.generation.n) choices.push(never);
    return {
      choices,
      usage: {
        inputTokens: prompt.ids.length,
        cachedTokens: this.reading?.cachedTokens ?? 0,
        outputTokens: written,
      },
      trimmedMessages: prompt.trimmedMessages,
      timings: { queuedMs: readMs - this.begunMs, prefillMs: startedMs - readMs, decodeMs: nowMs - startedMs },
    };
  }

  /** Between two runs of the graph only. */
  release(): void {
    this.reading?.release();
    this.scoring?.release();
    this.start?.caches.release();
    this.start = undefined;
  }
}
