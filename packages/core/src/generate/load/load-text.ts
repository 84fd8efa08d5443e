import { TokenizerMismatchError } from '../../errors/tokenizer-mismatch-error.js';
import type { TextModel, TextSession } from '../../ports/text-engine.js';
import { createBatcher, type Batcher } from '../batch/batcher.js';
import { createGrammars } from '../grammar/create-grammars.js';
import type { TextGraph } from '../graph/text-graph.js';
import type { ChatTokenizer } from '../prompt/chat-tokenizer.js';
import { loadChatTokenizer } from '../prompt/load-chat-tokenizer.js';
import { readToolCalls } from '../tools/read-tool-calls.js';
import type { TextHost } from '../text-host.js';
import type { TextEvent, TextThreadReport } from '../worker/text-worker.js';
import { warmUp } from './warm-up.js';

/** A text model in the thread that loaded it. */
export interface TextThread {
  readonly report: TextThreadReport;
  /** Called once: a graph is driven by one loop. */
  start(send: (events: readonly TextEvent[]) => void): Batcher;
  countTokens(job: Parameters<TextSession['countTokens']>[0]): number;
  encode(text: string): Int32Array;
  /** After the loop is closed. */
  release(): Promise<void>;
}

/**
 * Loads a text model into the calling thread: tokenizer, tensors, caches and the loop stay here, a job goes in and
 * pieces of text come out.
 * @throws ArtifactCorruptError, ArtifactMissingError, TokenizerMismatchError, EngineError, DeltaMismatchError
 */
export async function loadText({
  model,
  host,
}: {
  readonly model: TextModel;
  readonly host: TextHost;
}): Promise<TextThread> {
  const startMs = host.nowMs();
  const [tokenizer, graph] = await bothLoaded(loadChatTokenizer(model, host), host.openGraph(model));
  try {
    checkFit(model, graph, tokenizer);
    const speeds = await warmUp(graph, tokenizer.encode(WARM_TEXT), host.nowMs);
    return {
      report: {
        loadMs: host.nowMs() - startMs,
        bytesRead:
          model.weights.bytes +
          model.tokenizer.bytes +
          (model.tokenizerConfig?.bytes ?? 0) +
          (model.delta?.adapter.bytes ?? 0),
        ...speeds,
        thread: 'worker',
      },
      start: (send) =>
        createBatcher({
          model,
          graph,
          tokenizer,
          grammars: createGrammars(tokenizer),
          readToolCalls,
          nowMs: host.nowMs,
          random: host.random,
          yieldToMessages: host.yieldToMessages,
          sleep: host.sleep,
          send,
        }),
      countTokens: (job) => tokenizer.prompt({ ...job, context: 'refuse' }, Infinity).ids.length,
      encode: (text) => tokenizer.encode(text),
      release: () => graph.release(),
    };
  } catch (error) {
    await graph.release();
    throw error;
  }
}

const WARM_TEXT = 'where is my parcel and when will it arrive';

/** A load that fails has ended: a thread that is taken down while the runtime still works in it takes the process along. */
async function bothLoaded(
  loadingTokenizer: Promise<ChatTokenizer>,
  openingGraph: Promise<TextGraph>,
): Promise<[ChatTokenizer, TextGraph]> {
  const [tokenizer, graph] = await Promise.allSettled([loadingTokenizer, openingGraph]);
  if (tokenizer.status === 'fulfilled' && graph.status === 'fulfilled') return [tokenizer.value, graph.value];
  if (graph.status === 'fulfilled') await graph.value.release();
  throw tokenizer.status === 'rejected' ? tokenizer.reason : (graph as PromiseRejectedResult).reason;
}

function checkFit({ modelId, vocabulary }: TextModel, graph: TextGraph, tokenizer: ChatTokenizer): void {
  const isKnown = (token: number): boolean => token >= 0 && token < tokenizer.vocabulary;
  if (tokenizer.vocabulary <= graph.vocabulary && tokenizer.endTokens.every(isKnown)) return;
  throw new TokenizerMismatchError({
    message: `The tokenizer beside ${modelId} is another model's: it has ${tokenizer.vocabulary} tokens, and the model computes ${graph.vocabulary}.`,
    hint: "Take tokenizer.json from the model's own repository.",
    facts: { model: modelId, tokens: tokenizer.vocabulary, vocabulary: Math.min(vocabulary, graph.vocabulary) },
  });
}
