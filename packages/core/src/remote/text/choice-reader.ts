import { StructureUnmetError } from '../../errors/structure-unmet-error.js';
import type { TerraceError } from '../../errors/terrace-error.js';
import type { ToolCall } from '../../tasks/text-generation/messages.js';
import type { FinishReason, TextChoice, TextPiece, TokenLogProb } from '../../tasks/text-generation/text-output.js';
import { readLabel } from '../classification-prompt.js';
import { wrongAnswer } from '../exchange-failure.js';
import { labelConfidence } from '../label-confidence.js';
import { matchLabel } from '../reply-values.js';
import type { ChatChunk } from './chat-chunks.js';
import { structureOf, type Without } from './chat-form.js';
import { createOverlapCut, type OverlapCut } from './overlap.js';
import type { RemoteChat } from './text-client.js';

/** Longest text of an answer for each token that was asked for, in characters, and of the shortest one. */
const CHARACTERS_PER_TOKEN = 64;
const LEAST_CHARACTERS = 65_536;
/** What goes on by itself repeats itself by chance, and what was asked to repeat its last words does so on purpose. */
const LEAST_REPEATED = { byChance: 16, onPurpose: 4 };

/** What an answer had so far. */
export interface ChatCounts {
  /** As the server counts; undefined where it does not say. */
  inputTokens: number | undefined;
  outputTokens: number | undefined;
  /** Tokens that were told one by one, or pieces of text. */
  written: number;
}

/** What is read, and how it was asked for. */
export interface ChatAnswer {
  readonly endpointId: string;
  readonly chat: Pick<RemoteChat, 'generation' | 'prefix' | 'messages'>;
  readonly without: Without;
  /** Written to while it is read. */
  readonly counts: ChatCounts;
}

type Piece = Omit<TextPiece, 'choice'>;

/** One of the answers of a chat. */
export class ChoiceReader {
  readonly #is: ChatAnswer;
  readonly #cut: OverlapCut;
  /** Where it is read when it is whole: what stands around what was asked for is taken off then. */
  readonly #isUnwrapped: boolean;
  readonly #longest: number;
  readonly #calls = new Map<number, { id: string; name: string; arguments: string }>();
  readonly #tokens: TokenLogProb[] = [];
  #raw = '';
  #text = '';
  #characters = 0;
  #reason: FinishReason | undefined;

  constructor(answer: ChatAnswer) {
    this.#is = answer;
    const { without, chat } = answer;
    const { generation, prefix } = chat;
    // Whoever was asked to go on begins with a word; whoever continues may be in the middle of one.
    const parts = without.has('continuation');
    const leastCharacters = LEAST_REPEATED[parts ? 'onPurpose' : 'byChance'];
    this.#cut = createOverlapCut(prefix, { leastCharacters, parts });
    this.#isUnwrapped = prefix === '' && isWrapped(chat, without);
    this.#longest = Math.max(LEAST_CHARACTERS, CHARACTERS_PER_TOKEN * generation.maxTokens);
  }

  get isOver(): boolean {
    return this.#reason !== undefined;
  }

  get isMissing(): boolean {
    return !this.isOver && this.#characters === 0 && this.#is.chat.generation.n > 1;
  }

  add({ text, tokens, calls, finishReason }: ChatChunk): Piece | undefined {
    this.#reason = finishReason ?? this.#reason;
    this.#characters += text.length;
    for (const { index, id, name, arguments: given } of calls) {
      const known = this.#calls.get(index) ?? { id: '', name: '', arguments: '' };
      this.#characters += given.length;
      this.#calls.set(index, {
        id: known.id || id,
        name: known.name || name,
        arguments: known.arguments + given,
      });
    }
    if (this.#characters > this.#longest)
      throw wrongAnswer(this.#is.endpointId, 'it is longer than what was asked for');
    if (this.#isUnwrapped) {
      this.#raw += text;
      this.#tokens.push(...tokens);
      return undefined;
    }
    return this.#piece(this.#cut.push(text), tokens);
  }

  /** What was still held back. */
  end(): Piece | undefined {
    if (!this.#isUnwrapped) return this.#piece(this.#cut.end(), []);
    const { format } = this.#is.chat.generation;
    return format.kind === 'enum' ? this.#label(format.values) : this.#piece(withinFence(this.#raw), this.#tokens);
  }

  whole(): TextChoice {
    const toolCalls = [...this.#calls]
      .toSorted(([a], [b]) => a - b)
      .map(([index, { id, name, arguments: given }]): ToolCall => {
        if (name === '') throw wrongAnswer(this.#is.endpointId, 'a call of a tool has no name');
        return { id: id || `call_${index}`, name, arguments: given };
      });
    const finishReason = this.#reason ?? 'stop';
    return { role: 'assistant', text: this.#text, toolCalls, finishReason };
  }

  #piece(text: string, tokens: readonly TokenLogProb[]): Piece | undefined {
    if (text === '' && tokens.length === 0) return undefined;
    this.#text += text;
    const { topLogProbs } = this.#is.chat.generation;
    return {
      text,
      logProbs: tokens.map(({ logProb }) => logProb),
      ...(topLogProbs !== undefined && tokens.length > 0 && { tokens }),
    };
  }

  /** @throws StructureUnmetError when it is none of them */
  #label(values: readonly string[]): Piece | undefined {
    const found = readLabel(this.#raw);
    const label = found && matchLabel(found.said, values);
    // A call of a tool, or a refusal, is no label.
    if (label === undefined && (this.#calls.size > 0 || this.#reason === 'content-filter')) return undefined;
    if (!found || label === undefined) throw noValue(this.#is.endpointId, this.#reason, this.#is.counts.written);
    const told = this.#tokens.map(({ token, logProb }) => ({ token, logprob: logProb }));
    const confidence = labelConfidence(told, this.#raw, found, values);
    const top = {
      token: label,
      logProb: confidence === undefined ? 0 : Math.log(Math.max(confidence, 1e-30)),
      top: [],
    };
    return this.#piece(label, confidence === undefined ? [] : [top]);
  }
}

/** Whether what was asked for stands within something else: a value in an object, JSON in a chat's words. */
const isWrapped = (chat: ChatAnswer['chat'], without: Without): boolean =>
  chat.generation.format.kind === 'enum' || structureOf(chat, without) === 'words';

/** What stands between fences, or the text as it is. */
function withinFence(text: string): string {
  const [, fenced] = /```(?:json)?\s*\n([^]*?)\n?\s*```/.exec(text) ?? [];
  return fenced ?? text.trim();
}

const noValue = (endpoint: string, finishReason: FinishReason = 'stop', tokens = 0): TerraceError =>
  new StructureUnmetError({
    message: `The endpoint "${endpoint}" answered with none of the values it could choose from.`,
    hint: 'Take a model that keeps to a list, or allow it more tokens.',
    facts: { model: endpoint, finishReason, tokens },
  });
