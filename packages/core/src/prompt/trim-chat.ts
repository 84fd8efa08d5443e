import type { ChatMessage, Tool } from '../tasks/text-generation/messages.js';
import { askBriefly } from './brief.js';
import type { Cut, EconomyFacts, TokenCount } from './economy-facts.js';
import type { ParsedEconomy } from './economy.js';
import { fewestDropped } from './fewest-dropped.js';
import { shareOut } from './share-out.js';
import { withoutMessages, withoutPassages, withoutWhitespace, type Placed } from './shorten.js';
import type { CountTokens } from './token-counter.js';
import { turnsOf, type ChatTurns } from './turns.js';

/**
 * How much each of some texts has to do with another one; undefined where nobody can tell.
 * @returns in the order of the texts, higher is more
 */
export type Similarity = (
  to: string,
  texts: readonly string[],
  signal?: AbortSignal,
) => Promise<readonly number[] | undefined>;

export interface TrimInput {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  readonly economy: ParsedEconomy;
  readonly count: CountTokens;
  readonly similarity?: Similarity | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface TrimmedChat {
  readonly messages: readonly ChatMessage[];
  readonly facts: EconomyFacts;
}

/**
 * A chat made shorter as it was asked to be: white space, then passages that are repeated, then turns that have the least
 * to do with the last one, then the oldest ones, until it has as few tokens as were asked for. Never touched are messages
 * of the system, the last turn, and what tools were asked and said. One that stays too long is passed on as it is by then:
 * what becomes of it is for the request's `context` to say.
 * @throws what `count` and `similarity` throw
 */
export async function trimChat(input: TrimInput): Promise<TrimmedChat> {
  const cutter = new Cutter(input);
  await cutter.cut();
  return cutter.trimmed();
}

/** What is cut so far. */
interface State {
  readonly whitespace: boolean;
  readonly boilerplate: boolean;
  /** Indexes of messages. */
  readonly dropped: ReadonlySet<number>;
}

const WHOLE: State = { whitespace: false, boilerplate: false, dropped: new Set() };
/** What a template puts around a message, in characters, where tokens of several are shared out among them. */
const FRAME_CHARACTERS = 16;

class Cutter {
  readonly #is: TrimInput;
  readonly #asked: readonly Placed[];
  readonly #chat: readonly Placed[];
  readonly #turns: ChatTurns;
  readonly #last: ReadonlySet<number>;
  readonly #made = new Map<string, readonly Placed[]>();
  readonly #counted = new Map<string, Promise<TokenCount>>();
  #state = WHOLE;
  #turnKind: 'turn' | 'context' = 'turn';

  constructor(input: TrimInput) {
    this.#is = input;
    const { messages, economy } = input;
    this.#asked = messages.map((message, at) => ({ at, message }));
    this.#chat = economy.brief ? asksBriefly(this.#asked, economy.brief.text) : this.#asked;
    this.#turns = turnsOf(messages);
    this.#last = new Set(this.#turns.last);
  }

  async cut(): Promise<void> {
    const { whitespace, boilerplate, relevance, oldestTurns } = this.#is.economy;
    if (whitespace && !(await this.#fits())) this.#state = { ...this.#state, whitespace };
    if (boilerplate && !(await this.#fits())) this.#state = { ...this.#state, boilerplate };
    if (relevance && !(await this.#fits())) await this.#dropTurns('context', await this.#byRelevance());
    if (oldestTurns && !(await this.#fits())) await this.#dropTurns('turn', this.#turns.turns);
  }

  async trimmed(): Promise<TrimmedChat> {
    const before = await this.#tokensOf('asked', this.#asked);
    const after = await this.#count(this.#state);
    const messages = this.#shortened(this.#state).map(({ message }) => message);
    return { messages, facts: { before, after, cut: await this.#cuts() } };
  }

  /** @returns false where nobody has said how few are wanted: then every cut that is on is made */
  async #fits(state = this.#state): Promise<boolean> {
    const { maxInputTokens } = this.#is.economy;
    return maxInputTokens !== undefined && (await this.#count(state)).tokens <= maxInputTokens;
  }

  /** @param turns the first of them go first; undefined where nobody knows which */
  async #dropTurns(kind: 'turn' | 'context', turns: ChatTurns['turns'] | undefined): Promise<void> {
    const left = turns?.filter(([first]) => !this.#state.dropped.has(first!)) ?? [];
    if (left.length === 0) return;
    const { dropped } = this.#state;
    const without = (many: number): State => ({
      ...this.#state,
      dropped: new Set([...dropped, ...left.slice(0, many).flat()]),
    });
    this.#state = without(await fewestDropped(left.length, (many) => this.#fits(without(many))));
    this.#turnKind = kind;
  }

  async #byRelevance(): Promise<ChatTurns['turns'] | undefined> {
    const { messages, similarity, signal } = this.#is;
    const { turns, last } = this.#turns;
    if (turns.length === 0) return undefined;
    const textOf = (turn: readonly number[]): string => turn.map((at) => messages[at]!.content).join('\n');
    const scores = await similarity?.(textOf(last), turns.map(textOf), signal);
    if (!scores) return undefined;
    return turns
      .map((turn, i) => ({ turn, score: scores[i]! }))
      .toSorted((a, b) => a.score - b.score)
      .map(({ turn }) => turn);
  }

  #shortened(state: State): readonly Placed[] {
    const name = nameOf(state);
    const made = this.#made.get(name) ?? this.#shorten(state);
    this.#made.set(name, made);
    return made;
  }

  #shorten({ dropped, whitespace, boilerplate }: State): readonly Placed[] {
    const mayChange = ({ at, message: { role } }: Placed): boolean =>
      (role === 'user' || role === 'assistant') && !this.#last.has(at);
    const left = withoutMessages(this.#chat, dropped);
    const squeezed = whitespace ? withoutWhitespace(left, mayChange) : left;
    return boilerplate ? withoutPassages(squeezed, mayChange) : squeezed;
  }

  #count(state: State): Promise<TokenCount> {
    return this.#tokensOf(nameOf(state), this.#shortened(state));
  }

  #tokensOf(name: string, chat: readonly Placed[]): Promise<TokenCount> {
    const { count, tools, signal } = this.#is;
    const same = this.#chat === this.#asked && chat === this.#asked ? 'asked' : name;
    const counting = this.#counted.get(same) ?? count({ messages: chat.map(({ message }) => message), tools }, signal);
    this.#counted.set(same, counting);
    return counting;
  }

  /** Each kind by itself is counted; within one, messages have their share by what they lost. */
  async #cuts(): Promise<Cut[]> {
    const { dropped, whitespace, boilerplate } = this.#state;
    const steps = [
      { kind: this.#turnKind, from: WHOLE, to: { ...WHOLE, dropped } },
      { kind: 'whitespace', from: { ...WHOLE, dropped }, to: { ...WHOLE, dropped, whitespace } },
      { kind: 'boilerplate', from: { ...WHOLE, dropped, whitespace }, to: { dropped, whitespace, boilerplate } },
    ] as const;
    const cuts: Cut[] = [];
    for (const { kind, from, to } of steps) {
      const lost = lostOf(this.#shortened(from), this.#shortened(to));
      if (lost.length === 0) continue;
      const tokens = (await this.#count(from)).tokens - (await this.#count(to)).tokens;
      const shares = shareOut(
        Math.max(0, tokens),
        lost.map(({ characters }) => characters),
      );
      cuts.push(...lost.map(({ at }, i): Cut => ({ kind, message: at, tokens: shares[i]! })));
    }
    return cuts;
  }
}

const nameOf = ({ dropped, whitespace, boilerplate }: State): string =>
  `${whitespace} ${boilerplate} ${[...dropped].join(' ')}`;

function asksBriefly(chat: readonly Placed[], words: string): readonly Placed[] {
  const [first, ...rest] = chat;
  const message = askBriefly(first?.message, words);
  return first?.message.role === 'system' ? [{ at: 0, message }, ...rest] : [{ at: -1, message }, ...chat];
}

function lostOf(from: readonly Placed[], to: readonly Placed[]): { at: number; characters: number }[] {
  const left = new Map(to.map(({ at, message }) => [at, message.content.length]));
  return from.flatMap(({ at, message: { content } }) => {
    const kept = left.get(at);
    const characters = kept === undefined ? content.length + FRAME_CHARACTERS : content.length - kept;
    return characters > 0 ? [{ at, characters }] : [];
  });
}
