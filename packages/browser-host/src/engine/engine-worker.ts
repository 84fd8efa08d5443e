import { Tokenizer } from '@huggingface/tokenizers';
import { createEngineWorker, loadEncoder, type EngineWorker } from '@terrace/core/engine';
import { expose } from 'comlink';
import { useErrorEnvelope } from '../assets/error-transfer.js';
import { timeGraphs } from '../probe/time-graphs.js';
import { readVerified } from '../store/read-verified.js';
import { watchHeap } from './heap-watch.js';
import { openGraph } from './ort-graph.js';
import { startOrt, type OrtRuntime } from './ort-runtime.js';
import type { BrowserEngineWorker, BrowserProvider, WorkerNews } from './protocol.js';

/** What the runtime that started this worker sends carries no origin. */
const ALLOWED_ORIGINS = ['', location.origin];

const heapBytes = watchHeap();
let toldBytes = 0;
let started: { readonly runtime: OrtRuntime; readonly provider: BrowserProvider } | undefined;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's scope takes no origin
const tell = (news: WorkerNews): void => self.postMessage(news);
const lost = (reason: string): void => tell({ kind: 'lost', reason });

function onProvider(): NonNullable<typeof started> {
  if (!started) throw new Error('the worker was not started');
  return started;
}

/** The outcome of a call, told after what it did to the heap. */
async function thenTell<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } finally {
    const bytes = heapBytes();
    if (bytes !== toldBytes) tell({ kind: 'heap', heapBytes: bytes });
    toldBytes = bytes;
  }
}

const encoder: EngineWorker = createEngineWorker((model) => {
  const options = { ...onProvider(), onTrap: lost };
  const host = {
    readVerified,
    Tokenizer,
    openGraph: () => openGraph(model, options),
    nowMs: () => performance.now(),
  };
  return loadEncoder({ model, thread: 'worker', host });
});

const worker: BrowserEngineWorker = {
  ...encoder,
  async start(settings) {
    const { provider } = settings;
    const runtime = await thenTell(startOrt(settings));
    if (provider === 'webgpu')
      void runtime.env.webgpu.device.then(({ lost: end }) => end.then((info) => lost(info.message)));
    started = { runtime, provider };
  },
  async measure() {
    const { runtime, provider } = onProvider();
    return timeGraphs(runtime, provider);
  },
  load: (model) => thenTell(encoder.load(model)),
  run: (input) => thenTell(encoder.run(input)),
  runBatch: (inputs) => thenTell(encoder.runBatch(inputs)),
};

useErrorEnvelope();
expose(worker, self as unknown as Parameters<typeof expose>[1], ALLOWED_ORIGINS);
