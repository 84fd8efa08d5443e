import { EngineError } from '@terrace/core/engine';
import { readInputs, readTextGraph, type Caches, type TextGraph, type TextModel } from '@terrace/core/generate';
import { InferenceSession } from 'onnxruntime-node';
import { readVerified } from '../../store/files/verified-file.js';
import { exactGraph } from './exact-graph.js';
import { inPlaceGraph, type RunnableText } from './in-place-graph.js';
import { createMemoryPool } from './memory-pool.js';
import { UNREAD_BYTES, withUnreadOutput } from './unread-output.js';

/**
 * One thread: a token is a chain of small products, and two threads gain nothing but the wait for each other
 * (docs/benchmarks.md).
 */
const OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
} as const satisfies InferenceSession.SessionOptions;

/** Tokens of a prompt in one run: cancels and others wait for it. Of 64 they are read 4 % faster, of 16 14 % slower. */
const CHUNK_TOKENS = 32;
/** Of what keys and values may take, this much waits to be used again, and never more than this many tokens take. */
const POOLED_SHARE = 0.125;
const POOLED_TOKENS = 1000;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * Opens the graph of a text model. Whether it writes keys and values in place is tried out.
 * @throws ArtifactMissingError, ArtifactCorruptError; DeltaMismatchError when the delta does not fit the weights;
 *   EngineError when the runtime refuses the graph, or when it is not the one that the catalog describes
 */
export async function openOrtTextGraph(model: TextModel): Promise<TextGraph> {
  const { layers, shape } = model;
  const session = await openSession(model);
  try {
    const kv = { tensors: 2 * layers, heads: shape.kvHeads, headDim: shape.headDim };
    const text: RunnableText = {
      session,
      inputs: readInputs(session, model),
      vocabulary: model.vocabulary,
      maxRows: shape.maxRows,
      chunkTokens: CHUNK_TOKENS,
      bytesPerToken: kv.tensors * kv.heads * kv.headDim * FLOAT_BYTES,
      kv,
      failed: (cause) => failure(model, cause),
    };
    const pool = createMemoryPool(Math.min(model.kvBytes * POOLED_SHARE, POOLED_TOKENS * text.bytesPerToken));
    const inPlace = inPlaceGraph(text, pool);
    const exact = exactGraph(text);
    return (await agree(text, inPlace, exact)) ? inPlace : exact;
  } catch (error) {
    await session.release().catch(() => undefined);
    throw error;
  }
}

/** By itself, so that nothing which outlives it holds the bytes of the file: they take as much as the session. */
async function openSession(model: TextModel): Promise<InferenceSession> {
  const { modelId, provider, weights } = model;
  const { model: graph, externalData } = await readTextGraph(model, (file) =>
    readVerified(file, file === weights ? UNREAD_BYTES : 0),
  );
  const options = { ...OPTIONS, executionProviders: [provider], ...(externalData.length > 0 && { externalData }) };
  try {
    // What is wrong with a graph is said of itself; and one that cannot be added to runs as it is.
    return await InferenceSession.create(withUnreadOutput(graph), options).catch(() =>
      InferenceSession.create(graph, options),
    );
  } catch (cause) {
    throw new EngineError({
      message: `${modelId} cannot be loaded with ${provider}.`,
      hint: 'Check that the ONNX file opens with this version of ONNX Runtime; `terrace doctor` tells which one this is.',
      facts: { model: modelId, provider, file: weights.location },
      cause,
    });
  }
}

/** What is tried out: any two tokens, and one behind them. */
const TRIAL = [1, 2, 3];

/**
 * Whether the graph writes in place what it would otherwise have given. What lies behind a row must not matter: the
 * memory is full of what no sum survives.
 * @throws EngineError when the graph does not run at all, or its logits are not what the catalog says
 */
async function agree(
  { failed }: RunnableText,
  inPlace: ReturnType<typeof inPlaceGraph>,
  exact: ReturnType<typeof exactGraph>,
): Promise<boolean> {
  const expected = await lastLogits(exact, exact.empty());
  if (expected.some(Number.isNaN)) throw failed(new Error('its logits are no numbers'));
  const caches = inPlace.empty();
  caches.memory.fill(Number.NaN);
  // Graphs that make their present out of nothing refuse to write it elsewhere.
  const found = await lastLogits(inPlace, caches).catch(() => undefined);
  return found?.every((logit, id) => Math.abs(logit - expected[id]!) < 1e-2) === true;
}

async function lastLogits<C extends Caches>(graph: TextGraph<C>, empty: C): Promise<Float32Array> {
  const [first, second, third] = TRIAL;
  const prompt = Int32Array.of(first!, second!);
  const { caches } = await graph.run({ ids: prompt, columns: 2, caches: empty, keep: false, logits: 'none' });
  const last = await graph.run({ ids: Int32Array.of(third!), columns: 1, caches, keep: false, logits: 'last' });
  last.caches.release();
  return last.logits.slice();
}

function failure({ modelId, provider }: TextModel, cause: unknown): EngineError {
  return new EngineError({
    message: `${modelId} failed while running with ${provider}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'Run `terrace doctor`; if it happens with one text only, please report it.',
    facts: { model: modelId, provider },
    cause,
  });
}
