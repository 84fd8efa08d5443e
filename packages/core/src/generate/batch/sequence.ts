import { StructureUnmetError } from '../../errors/structure-unmet-error.js';
import type { TextJob } from '../../ports/text-engine.js';
import type { Random } from '../../ports/random.js';
import type { FinishReason, TextChoice, TextPiece, TokenLogProb } from '../../tasks/text-generation/text-output.js';
import type { Grammar, GrammarState } from '../grammar/grammar.js';
import type { ChatTokenizer } from '../prompt/chat-tokenizer.js';
import { createSampler } from '../sample/create-sampler.js';
import type { Sampled, Sampler } from '../sample/sampler.js';
import { callMarkOf } from '../tools/read-tool-calls.js';
import { ShownText, type ReadToolCalls } from './shown-text.js';

export interface SequenceOptions {
  readonly choice: number;
  readonly job: Pick<TextJob, 'generation' | 'tools' | 'prefix'>;
  readonly modelId: string;
  /** Of the model: how it calls tools. */
  readonly family: string;
  readonly promptIds: Int32Array;
  /** Most tokens that may be written: those asked for, or what the context leaves. */
  readonly limitTokens: number;
  readonly tokenizer: ChatTokenizer;
  readonly grammar: GrammarState | undefined;
  readonly readCalls: (text: string) => ReturnType<ReadToolCalls>;
  readonly random: Random;
}

/** One answer while it is written. */
export class Sequence {
  /** The token that was chosen last: the next run is fed with it. */
  token = -1;
  tokens = 0;
  choice: TextChoice | undefined;
  readonly #options: SequenceOptions;
  readonly #sampler: Sampler;
  readonly #shown: ShownText;
  readonly #mask: Int32Array | undefined;
  readonly #written: number[] = [];
  #text = '';
  #logProbs: number[] = [];
  #told: TokenLogProb[] | undefined;

  constructor(options: SequenceOptions) {
    const { job, tokenizer, promptIds, grammar, random } = options;
    this.#options = options;
    this.#sampler = createSampler(job.generation, tokenizer.vocabulary, random);
    this.#shown = new ShownText(
      tokenizer.detokenizer(job.prefix !== ''),
      job.generation.stop,
      job.tools.length > 0 && grammar === undefined ? callMarkOf(options.family) : undefined,
    );
    this.#mask = grammar && new Int32Array((tokenizer.vocabulary + 31) >> 5);
    this.#told = job.generation.topLogProbs === undefined ? undefined : [];
    if (job.generation.repetitionPenalty !== 1) for (const id of promptIds) this.#sampler.saw(id);
  }

  /**
   * Chooses the next token.
   * @param logits may be written into
   * @throws StructureUnmetError, EngineError
   */
  take(logits: Float32Array): void {
    const { grammar, tokenizer, limitTokens } = this.#options;
    const mask = this.#mask && grammar?.mask(this.#mask) ? this.#mask : undefined;
    const sampled = this.#sampler.next(logits, mask, grammar && ((drawn) => this.#inTime(drawn)));
    const { token } = sampled;
    if (tokenizer.endTokens.includes(token)) {
      this.finish('stop');
      return;
    }
    if (grammar && !grammar.accept(token)) throw unmet(this.#options.modelId, 'stop', this.tokens);
    this.#sampler.saw(token);
    this.token = token;
    this.tokens++;
    this.#written.push(token);
    this.#text += this.#shown.push(token);
    this.#logProbs.push(sampled.logProb);
    this.#told?.push(this.#tell(sampled));
    if (this.#shown.isStopped || grammar?.isOver) this.finish('stop');
    else if (this.tokens >= limitTokens) this.finish('length');
  }

  /** @throws StructureUnmetError when the text is not yet what was asked for */
  finish(reason: FinishReason): void {
    const { grammar, modelId, readCalls } = this.#options;
    if (grammar && !grammar.isComplete && reason !== 'cancelled') throw unmet(modelId, reason, this.tokens);
    const { rest, toolCalls } = this.#shown.end(readCalls);
    this.#text += rest;
    const finishReason = toolCalls.length > 0 ? 'tool-calls' : reason;
    this.choice = { role: 'assistant', text: this.#shown.text, toolCalls, finishReason };
  }

  /** That its caches hold once the last token is run. */
  get positions(): number {
    return this.#options.promptIds.length + this.tokens;
  }

  /** The first so many tokens of the prompt and the answer. */
  beginning(tokens: number): Int32Array {
    const { promptIds } = this.#options;
    const ids = new Int32Array(tokens);
    ids.set(promptIds.subarray(0, tokens));
    ids.set(this.#written.slice(0, Math.max(0, tokens - promptIds.length)), Math.min(tokens, promptIds.length));
    return ids;
  }

  /** What came since it was last asked for. */
  drain(): TextPiece | undefined {
    if (this.#text === '' && this.#logProbs.length === 0) return undefined;
    const piece: TextPiece = {
      choice: this.#options.choice,
      text: this.#text,
      logProbs: this.#logProbs,
      ...(this.#told && { tokens: this.#told }),
    };
    this.#text = '';
    this.#logProbs = [];
    this.#told &&= [];
    return piece;
  }

  /** @returns what may come in place of a token behind which the answer could no longer end within its limit */
  #inTime(drawn: number): Int32Array | undefined {
    const { grammar, limitTokens } = this.#options;
    const left = limitTokens - this.tokens;
    if (!grammar || !this.#mask || grammar.fits(drawn, left)) return undefined;
    grammar.maskWithin(this.#mask, left);
    return this.#mask;
  }

  #tell({ token, logProb, top }: Sampled): TokenLogProb {
    const { tokenizer } = this.#options;
    return {
      token: tokenizer.textOf(token),
      logProb,
      top: top.map((other) => ({ token: tokenizer.textOf(other.token), logProb: other.logProb })),
    };
  }
}

const unmet = (modelId: string, finishReason: FinishReason, tokens: number): StructureUnmetError =>
  new StructureUnmetError({
    message: `${modelId} wrote ${tokens} tokens, and they are not what was asked for yet.`,
    hint: finishReason === 'length' ? 'Allow more tokens, or ask for less.' : 'Ask again, or ask a larger model.',
    facts: { model: modelId, finishReason, tokens },
  });

/**
 * @param prefix what stands in front of the answer
 * @throws StructureUnmetError when nothing that begins so can become what was asked for
 */
export function startGrammar(grammar: Grammar, prefix: string, modelId: string): GrammarState {
  const state = grammar.start();
  if (!state.acceptText(prefix)) throw unfit(modelId);
  return state;
}

/** @throws StructureUnmetError when so many tokens may be too few */
export function checkLimit({ tokensLeft }: GrammarState, limitTokens: number, modelId: string): void {
  if (tokensLeft <= limitTokens) return;
  const canEnd = tokensLeft < Infinity;
  throw new StructureUnmetError({
    message: canEnd
      ? `What was asked for takes ${tokensLeft} tokens of ${modelId} at least, and ${limitTokens} are allowed.`
      : `What was asked for cannot be written in the tokens of ${modelId}.`,
    hint: canEnd ? 'Allow more tokens, or ask for less.' : 'Ask a model with another tokenizer.',
    facts: { model: modelId, tokens: 0, limitTokens, ...(canEnd && { leastTokens: tokensLeft }) },
  });
}

export const unfit = (modelId: string): StructureUnmetError =>
  new StructureUnmetError({
    message: 'What stands in front of the answer is no beginning of what was asked for.',
    hint: 'Ask without it, or in another format.',
    facts: { model: modelId, tokens: 0 },
  });
