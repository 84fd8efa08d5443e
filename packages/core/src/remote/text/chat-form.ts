import { isMalformed } from '../openai-client.js';
import type { RemoteChat } from './text-client.js';

/**
 * What not every server takes. Those that do not are asked without it: `logprobs` not at all, `schema` and `object` in
 * words, `continuation` by asking for the rest, `bounds` as models that think first have them, `usage` and `extras` not
 * at all.
 */
const CHAT_FEATURES = ['logprobs', 'bounds', 'schema', 'object', 'continuation', 'usage', 'extras'] as const;
type ChatFeature = (typeof CHAT_FEATURES)[number];

/** What a server is asked without. */
export type Without = ReadonlySet<ChatFeature>;

/**
 * The structure that a server is asked to keep to, as far as it can. What goes on with an answer is in the middle of one,
 * and a server would begin it anew: it is told in words.
 */
export function structureOf(
  { prefix, generation: { format } }: Pick<RemoteChat, 'prefix' | 'generation'>,
  without: Without,
): 'schema' | 'object' | 'words' | undefined {
  if (format.kind === 'text') return undefined;
  if (prefix !== '') return 'words';
  if (format.kind !== 'json' && !without.has('schema')) return 'schema';
  return without.has('object') ? 'words' : 'object';
}

/** What of a chat a server may not take. */
function featuresIn(chat: Pick<RemoteChat, 'prefix' | 'generation'>, without: Without): ChatFeature[] {
  const { prefix, generation } = chat;
  const { topK, repetitionPenalty } = generation;
  const structure = structureOf(chat, without);
  const has: Readonly<Record<ChatFeature, boolean>> = {
    logprobs: true,
    bounds: true,
    schema: structure === 'schema',
    object: structure === 'object',
    continuation: prefix !== '',
    usage: true,
    extras: topK > 0 || repetitionPenalty !== 1,
  };
  return CHAT_FEATURES.filter((feature) => has[feature] && !without.has(feature));
}

/** Finds out what one server takes, and keeps it. */
export interface ChatFormFinder {
  /**
   * Tries forms while the server refuses them as malformed. A refusal of what it has taken before is about the chat.
   * @throws what the last try failed with
   */
  find<T>(chat: Pick<RemoteChat, 'prefix' | 'generation'>, attempt: (without: Without) => Promise<T>): Promise<T>;
}

export function createChatFormFinder(): ChatFormFinder {
  let kept: Without = new Set();
  /** Features that it was asked for and did not refuse. */
  const taken = new Set<ChatFeature>();

  return {
    async find(chat, attempt) {
      let failure: unknown;
      const tried = new Set<string>();
      for (const without of ways(chat, kept, taken)) {
        const name = [...without].toSorted().join();
        if (tried.has(name)) continue;
        tried.add(name);
        try {
          const value = await attempt(without);
          kept = without;
          for (const feature of featuresIn(chat, without)) taken.add(feature);
          return value;
        } catch (error) {
          if (!isMalformed(error)) throw error;
          failure = error;
        }
      }
      throw failure;
    },
  };
}

/** As it is, without each feature by itself, without log-probabilities and another one, and without ever more of them. */
function* ways(
  chat: Pick<RemoteChat, 'prefix' | 'generation'>,
  kept: Without,
  taken: ReadonlySet<ChatFeature>,
): Generator<Without> {
  yield kept;
  const doubtful = featuresIn(chat, kept).filter((feature) => !taken.has(feature));
  for (const feature of doubtful) yield new Set([...kept, feature]);
  // Servers that lack anything most often lack these.
  const [first, ...others] = doubtful;
  if (first === 'logprobs') for (const feature of others) yield new Set([...kept, first, feature]);
  // What a schema is given up for may be doubtful itself.
  const all = doubtful.flatMap((feature) => (feature === 'schema' ? [feature, 'object' as const] : [feature]));
  for (let count = 2; count <= all.length; count++) yield new Set([...kept, ...all.slice(0, count)]);
}
