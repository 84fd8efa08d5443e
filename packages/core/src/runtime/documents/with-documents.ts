import { tokensOfBytes } from '../../catalog/question-tokens.js';
import type { Citation, Uncited } from '../../documents/citation.js';
import { citedMarkers } from '../../documents/context/cite.js';
import { contextBlock, markerOf } from '../../documents/context/context-block.js';
import { parseDocumentsWish } from '../../documents/parse-documents-wish.js';
import type { CountTokens } from '../../prompt/token-counter.js';
import { createInOrder } from '../../run/in-order.js';
import type { ChatMessage, Tool } from '../../tasks/text-generation/messages.js';
import type { Runtime } from '../runtime-interface.js';
import { changeResult } from '../text/change-result.js';
import type { TextResult } from '../text/text-result.js';
import type { TextStep } from '../text/text-step.js';
import type { TextFace } from '../text/with-text.js';
import { createDocuments, type DocumentsPorts } from './create-documents.js';
import type { DocumentsFace, FoundChunk } from './documents-face.js';
import { fitPassages } from './fit-passages.js';

/** A text request with what was found for it, and where that is from. */
interface Informed {
  readonly input: unknown;
  /** Undefined where no documents were asked for. */
  readonly citations?: readonly Citation[];
  /** Where it was given none. */
  readonly uncited?: Uncited;
}

interface Chat {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
}

interface Options {
  readonly signal?: AbortSignal | undefined;
  readonly inOrder?: string | undefined;
}

/**
 * A runtime whose text requests may ask for documents of this device: what is found stands in the chat as a turn of the
 * user, right before the last one, and the result says where it is from. All other requests pass through as they are.
 * Its store is closed with it.
 */
export function withDocuments<R extends Pick<Runtime & TextFace, 'run' | 'stream' | 'close'>>(
  runtime: R,
  ports: DocumentsPorts & { readonly count?: CountTokens | undefined },
): R & DocumentsFace {
  const documents = createDocuments(ports);
  const inform = createInform(documents, ports);
  const runPlain = runtime.run as (input: unknown, options: unknown) => Promise<TextResult>;
  const streamPlain = runtime.stream as (input: unknown, options: unknown) => AsyncGenerator<TextStep, TextResult>;
  const ordered = createInOrder();

  const runInformed = async (input: Wishing, options: Options): Promise<TextResult> => {
    const informed = await inform(input, options.signal);
    return cited(await runPlain(informed.input, options), informed);
  };

  async function* streamInformed(input: Wishing, options: Options): AsyncGenerator<TextStep, TextResult> {
    const informed = await inform(input, options.signal);
    return yield* changeResult(streamPlain(informed.input, options), (result) => cited(result, informed));
  }

  return {
    ...runtime,
    documents,
    // Requests with documents and without wait for each other where they are of one order.
    run: (input: unknown, { inOrder, ...options }: Options = {}) =>
      ordered(inOrder, () => (isWishing(input) ? runInformed(input, options) : runPlain(input, options))),
    stream: (input: unknown, options: Options = {}) =>
      isWishing(input) ? streamInformed(input, options) : streamPlain(input, options),
    async close() {
      await documents.close();
      await runtime.close().finally(() => ports.store.close());
    },
  } as unknown as R & DocumentsFace;
}

interface Wishing {
  readonly documents: unknown;
  readonly [field: string]: unknown;
}

const isWishing = (input: unknown): input is Wishing =>
  typeof input === 'object' &&
  input !== null &&
  (input as { task?: unknown }).task === 'text-generation' &&
  'documents' in input;

function createInform(
  documents: Pick<DocumentsFace['documents'], 'search' | 'list'>,
  { count, startHash }: Pick<DocumentsPorts, 'startHash'> & { readonly count?: CountTokens | undefined },
) {
  const tokensOf = async (chat: Chat, signal: AbortSignal | undefined): Promise<number> => {
    if (count) return (await count(chat, signal)).tokens;
    const bytes = chat.messages.reduce((sum, { content }) => sum + new TextEncoder().encode(content).length, 0);
    return tokensOfBytes(bytes);
  };

  return async ({ documents: asked, ...input }: Wishing, signal: AbortSignal | undefined): Promise<Informed> => {
    if (asked === undefined) return { input };
    const without = (uncited: Uncited): Informed => ({ input, citations: [], uncited });
    const { collection, top, maxTokens, minScore } = parseDocumentsWish(asked);
    const chat = chatOf(input);
    const at = chat?.messages.findLastIndex(({ role, content }) => role === 'user' && content.trim() !== '') ?? -1;
    const question = chat?.messages[at];
    // What is no chat is refused by the runtime, which says where.
    if (!chat || !question) return without('no-question');
    const best = await documents.search({ text: question.content, collection, top }, { signal });
    if (best.length === 0) {
      const isEmpty = (await documents.list(collection)).length === 0;
      return without(isEmpty ? 'no-documents' : 'nothing-found');
    }
    const found = best.filter(({ cosine, score }) => cosine === undefined || score >= minScore);
    if (found.length === 0) return without('below-floor');
    const withPassages = (passages: readonly FoundChunk[]): Chat => ({
      ...chat,
      messages: chat.messages.toSpliced(at, 0, { role: 'user', content: contextBlock(passages, startHash) }),
    });
    let alone: number | undefined;
    const passages = await fitPassages(found, maxTokens, async (some) => {
      alone ??= await tokensOf(chat, signal);
      return (await tokensOf(withPassages(some), signal)) - alone;
    });
    if (passages.length === 0) return without('no-room');
    const { text: _, ...rest } = input;
    return {
      input: { ...rest, messages: withPassages(passages).messages },
      citations: passages.map(({ documentId, title, chunk, start, end, page }, i): Citation => {
        const place = { documentId, title, chunk, start, end, page };
        return { marker: markerOf(i), collection, ...place, cited: false };
      }),
    };
  };
}

/** Undefined of what cannot be one. */
function chatOf({ text, messages, tools }: Readonly<Record<string, unknown>>): Chat | undefined {
  const told = { tools: Array.isArray(tools) ? (tools as readonly Tool[]) : [] };
  if (messages === undefined) {
    return typeof text === 'string' ? { ...told, messages: [{ role: 'user', content: text }] } : undefined;
  }
  const isChat =
    text === undefined &&
    Array.isArray(messages) &&
    messages.every((each) => typeof each === 'object' && each !== null && typeof each.content === 'string');
  return isChat ? { ...told, messages: messages as readonly ChatMessage[] } : undefined;
}

function cited(result: TextResult, { citations, uncited }: Informed): TextResult {
  if (!citations) return result;
  const named = citedMarkers(result.output.choices.map(({ text }) => text).join('\n'));
  const told = citations.map((each) => ({ ...each, cited: named.has(each.marker) }));
  const why = told.some((each) => each.cited) ? undefined : (uncited ?? 'not-cited');
  return { ...result, citations: told, ...(why && { uncited: why }) };
}
