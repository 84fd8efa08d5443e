import { parseEconomy, type Economy } from '../../prompt/economy.js';
import type { EconomyFacts } from '../../prompt/economy-facts.js';
import { trimChat } from '../../prompt/trim-chat.js';
import { createInOrder } from '../../run/in-order.js';
import { DEFAULT_GENERATION } from '../../tasks/text-generation/generation.js';
import type { ChatMessage } from '../../tasks/text-generation/messages.js';
import { parseTextRequest } from '../../text/request/parse-text-request.js';
import type { TextRequestInput } from '../../text/request/text-request-schema.js';
import type { Embed } from '../embed/embed.js';
import { changeResult } from '../text/change-result.js';
import type { TextResult } from '../text/text-result.js';
import type { TextRunOptions, TextRuntime } from '../text/text-runtime.js';
import type { TextStep } from '../text/text-step.js';
import { embedSimilarity } from './embed-similarity.js';

export interface EconomyPorts {
  /** Of the tier that would answer. */
  readonly count: TextRuntime['count'];
  /** Without one no turn is known to have less to do with the last one than others. */
  readonly embed?: Embed | undefined;
}

type Wished = { readonly economy?: Economy | undefined };
type Options = TextRunOptions & { readonly inOrder?: string | undefined };

/** What a runtime with prompt economy answers more than one without. */
export interface EconomyFace {
  /** @throws InvalidRequestError where `economy` is wrong, and what a run throws */
  readonly run: (input: TextRequestInput & Wished, options?: Options) => Promise<TextResult>;
  readonly stream: (input: TextRequestInput & Wished, options?: TextRunOptions) => AsyncGenerator<TextStep, TextResult>;
}

/** What is under it. */
interface Under {
  readonly run: (input: never, options?: never) => Promise<unknown>;
  readonly stream: (input: never, options?: never) => AsyncGenerator<unknown, unknown>;
}

/** What is asked in place of a request, and what that saves. */
interface Thrifty {
  readonly input: TextRequestInput;
  readonly facts: EconomyFacts | undefined;
}

/**
 * A runtime whose text requests may say how their chats are made shorter before they are sent; the result says what was
 * cut. Requests that say nothing of it go by untouched.
 */
export function withPromptEconomy<R extends Under>(runtime: R, { count, embed }: EconomyPorts): R & EconomyFace {
  const similarity = embed && embedSimilarity(embed);
  const run = runtime.run as (input: unknown, options?: unknown) => Promise<TextResult>;
  const stream = runtime.stream as (input: unknown, options?: unknown) => AsyncGenerator<TextStep, TextResult>;
  const ordered = createInOrder();

  const thrifty = async (
    { economy: wish, ...input }: TextRequestInput & Wished,
    signal: AbortSignal | undefined,
  ): Promise<Thrifty> => {
    if (wish === undefined) return { input, facts: undefined };
    const economy = parseEconomy(wish);
    const { messages, tools, generation } = parseTextRequest(input);
    signal?.throwIfAborted();
    const { text: _, ...rest } = input;
    const trimmed = await trimChat({
      messages,
      tools,
      economy,
      count: (chat, over) => count({ ...rest, messages: toInput(chat.messages) }, { signal: over }),
      similarity,
      signal,
    });
    const { maxTokens = DEFAULT_GENERATION.maxTokens } = generation;
    const most = economy.brief && { maxTokens: Math.min(maxTokens, economy.brief.maxTokens) };
    const asked = { ...rest, messages: toInput(trimmed.messages), generation: { ...rest.generation, ...most } };
    return { input: asked, facts: trimmed.facts };
  };

  async function* streamed(wished: TextRequestInput & Wished, options?: TextRunOptions) {
    const { input, facts } = await thrifty(wished, options?.signal);
    return yield* changeResult(stream(input, options), (result) => withFacts(result, facts));
  }

  return {
    ...runtime,
    run: (input: unknown, options: Options = {}) => {
      const { inOrder, ...own } = options;
      // What is shortened first takes its time: the order is kept here, for all.
      return ordered(inOrder, async () => {
        if (!isWished(input)) return run(input, own);
        const { input: asked, facts } = await thrifty(input, own.signal);
        return withFacts(await run(asked, own), facts);
      });
    },
    stream: (input: unknown, options?: TextRunOptions) =>
      isWished(input) ? streamed(input, options) : stream(input, options),
  } as R & EconomyFace;
}

const isWished = (input: unknown): input is TextRequestInput & Wished =>
  typeof input === 'object' && input !== null && 'economy' in input && Object(input)['task'] === 'text-generation';

/** As a caller may write them. */
const toInput = (messages: readonly ChatMessage[]): NonNullable<TextRequestInput['messages']> =>
  messages.map(({ toolCalls, ...message }) => ({ ...message, ...(toolCalls && { toolCalls: [...toolCalls] }) }));

const withFacts = (result: TextResult, facts: EconomyFacts | undefined): TextResult =>
  facts ? { ...result, economy: facts } : result;
