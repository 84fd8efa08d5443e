import type { EngineInput, EngineModel, EngineSession, LoadReport } from '../ports/model-engine.js';
import { Encoder } from './encoder.js';
import type { EncoderGraph, EncoderHost } from './encoder-host.js';
import { loadTokenizer, type TextTokenizer } from './text-tokenizer.js';

/** Runs before the first request. Code is still being compiled during them, so the fastest one is the speed. */
const WARM_RUNS = 5;
/** No more of them once they have taken so long together, the first aside: a GPU compiles its shaders in it. */
const WARM_MS = 500;
/** No second one after a run that took so long: a GPU that is computed by the processor needs seconds each time. */
const HOPELESS_MS = 3000;
/** Half a tick of the clock of a page: a shorter run looks as if it took no time. */
const LEAST_MS = 0.05;
const WARM_TEXT = 'where is my parcel and when will it arrive';

/** What the loading thread can tell of a load; the host adds what it cost the process. */
export type ThreadReport = Omit<LoadReport, 'peakMemoryBytes'>;
export type ThreadSession = Omit<EngineSession, 'report'> & { readonly report: ThreadReport };

/**
 * Loads an encoder into the calling thread. Tokenizer, tensors and delta factors stay here: a run
 * takes text and gives back scores.
 */
export async function loadEncoder<Tensor>({
  model,
  thread,
  host,
}: {
  model: EngineModel;
  thread: LoadReport['thread'];
  host: EncoderHost<Tensor>;
}): Promise<ThreadSession> {
  const startMs = host.nowMs();
  const [tokenize, graph] = await bothLoaded(loadTokenizer(model, host), host.openGraph(model));
  const encoder = new Encoder({ model, tokenize, graph, host });
  // A classifier of the hub has logits and nothing else to ask for.
  const classifies = model.graph.interface === 'transformers' && graph.outputNames.includes('logits');
  const warmRunMs = await warmUp(encoder, classifies ? 'text-classification' : 'feature-extraction');
  return Object.assign(encoder, {
    alive: true,
    report: {
      loadMs: host.nowMs() - startMs,
      bytesRead: model.weights.bytes + model.tokenizer.bytes + (model.tokenizerConfig?.bytes ?? 0),
      warmRunMs,
      thread,
    },
  });
}

/** A load that fails has ended: a thread that is taken down while the runtime still works in it takes the process along. */
async function bothLoaded<Tensor>(
  loadingTokenizer: Promise<TextTokenizer>,
  openingGraph: Promise<EncoderGraph<Tensor>>,
): Promise<[TextTokenizer, EncoderGraph<Tensor>]> {
  const [tokenizer, graph] = await Promise.allSettled([loadingTokenizer, openingGraph]);
  if (tokenizer.status === 'fulfilled' && graph.status === 'fulfilled') return [tokenizer.value, graph.value];
  if (graph.status === 'fulfilled') await graph.value.release();
  throw tokenizer.status === 'rejected' ? tokenizer.reason : (graph as PromiseRejectedResult).reason;
}

/** @returns milliseconds of the fastest run */
async function warmUp(encoder: Pick<EngineSession, 'run'>, task: EngineInput['task']): Promise<number> {
  const run = async (): Promise<number> => (await encoder.run({ task, text: WARM_TEXT, deltaId: undefined })).runMs;
  let fastestMs = await run();
  let togetherMs = fastestMs < HOPELESS_MS ? 0 : Infinity;
  for (let i = 1; i < WARM_RUNS && togetherMs < WARM_MS; i++) {
    const runMs = await run();
    fastestMs = Math.min(fastestMs, runMs);
    togetherMs += runMs;
  }
  return Math.max(fastestMs, LEAST_MS);
}
