import type { Endpoint } from '../../catalog/endpoint.js';
import type { Budget, Meter } from '../../ports/budget.js';
import type { Clock } from '../../ports/clock.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import { costOfStream, mostOfChat } from '../forward-chat.js';
import type { Forwarded } from '../forward.js';
import type { CallCost } from '../link.js';
import type { Remotes } from '../remotes.js';
import { chatBody } from './chat-body.js';
import { createChatFormFinder, type ChatFormFinder, type Without } from './chat-form.js';
import { payStream } from './pay-stream.js';
import type { ChatCounts } from './choice-reader.js';
import { readChat } from './read-chat.js';
import type { RemoteChat, RemoteText } from './text-client.js';
import { withinSilence } from './within-silence.js';

const PATH = '/chat/completions';
/** Without a word of the server what it takes is taken for what it takes most. */
const AS_IT_IS: Without = new Set();

export interface RemoteTextPorts {
  readonly endpoint: Endpoint;
  readonly remotes: Pick<Remotes, 'forward'>;
  readonly clock: Clock;
  /** What pays; no limit without it. */
  readonly budget?: Pick<Budget, 'pay'> | undefined;
}

type Pieces = AsyncGenerator<readonly TextPiece[], TextEnd>;

/** Generates by one endpoint. Make one and keep it: it learns what the server takes, of each model by itself. */
export function openRemoteText({ endpoint, remotes, clock, budget }: RemoteTextPorts): RemoteText {
  const { id } = endpoint;
  const finders = new Map<string, ChatFormFinder>();
  const finderOf = (model: string): ChatFormFinder => {
    const finder = finders.get(model) ?? createChatFormFinder();
    finders.set(model, finder);
    return finder;
  };

  /** A stream that breaks off is a failure of the endpoint, however well it began. */
  async function* generate(chat: RemoteChat, signal: AbortSignal, meter: Meter | undefined): Pieces {
    const { ended, end } = createEnding();
    try {
      return yield* exchange(chat, signal, meter, ended);
    } catch (error) {
      end(error);
      throw error;
    } finally {
      end();
    }
  }

  async function* exchange(
    chat: RemoteChat,
    signal: AbortSignal,
    meter: Meter | undefined,
    ended: Promise<void>,
  ): Pieces {
    const onCall = (cost: CallCost): void => {
      chat.onCall(cost);
      meter?.add({ usd: cost.costUsd, bytes: cost.sentBytes });
    };
    const most = mostOfChat({ endpoint, body: chatBody(chat, AS_IT_IS) });
    const ask = async (without: Without): Promise<{ forwarded: Forwarded; without: Without }> => {
      const { model } = chat;
      const body = chatBody(chat, without);
      const call = { endpoint, model, path: PATH, body, signal, onCall, ended };
      return { forwarded: await remotes.forward({ ...call, mayRepeat: () => meter?.covers(most) !== false }), without };
    };
    const { forwarded, without } = await finderOf(chat.model).find(chat, ask);
    chat.onRedacted(forwarded.redacted);
    const { body } = forwarded;
    const counts: ChatCounts = { inputTokens: undefined, outputTokens: undefined, written: 0 };
    try {
      const heard =
        typeof body === 'string' ? body : withinSilence(body, { endpointId: id, silenceMs: endpoint.timeoutMs, clock });
      return yield* readChat(heard, { endpointId: id, chat, without, counts });
    } finally {
      // Of a whole answer what it costs is settled when it comes.
      if (typeof body !== 'string') {
        const { inputTokens, outputTokens = counts.written } = counts;
        onCall({ costUsd: costOfStream(endpoint, { inputTokens, outputTokens }, forwarded.costUsd), sentBytes: 0 });
      }
    }
  }

  return {
    async *stream(chat, signal) {
      signal?.throwIfAborted();
      const over = new AbortController();
      const forward = (): void => over.abort(signal?.reason);
      signal?.addEventListener('abort', forward, { once: true });
      try {
        if (!budget) return yield* generate(chat, over.signal, undefined);
        const atMost = mostOfChat({ endpoint, body: chatBody(chat, AS_IT_IS) });
        const { requestId, key } = chat;
        const paid = { requestId, scope: { key, tier: id }, atMost, spare: atMost, optional: false };
        return yield* payStream(budget, paid, (meter) => generate(chat, over.signal, meter));
      } finally {
        signal?.removeEventListener('abort', forward);
        over.abort();
      }
    },
  };
}

/** Nobody may be there to hear of a failure. */
function createEnding(): { readonly ended: Promise<void>; end(failure?: unknown): void } {
  let end: (failure?: unknown) => void = () => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (failure) => (failure === undefined ? resolve() : reject(failure as Error));
  });
  ended.catch(() => undefined);
  return { ended, end: (failure) => end(failure) };
}
