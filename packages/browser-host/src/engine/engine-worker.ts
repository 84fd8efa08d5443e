import { loadEncoder, toEnvelope, type EngineModel, type ThreadSession } from '@terrace/core/engine';
import { readVerified } from '../store/read-verified.js';
import { loadModule } from '../worker/load-module.js';
import { watchHeap } from './heap-watch.js';
import { openGraph } from './ort-graph.js';
import { startOrt, type OrtRuntime } from './ort-runtime.js';
import { openStatic } from './open-static.js';
import type {
  BrowserProvider,
  EngineCall,
  EngineService,
  FromEngine,
  MeasuringModule,
  TokenizerModule,
} from './protocol.js';

/** What the runtime that started this worker sends carries no origin. */
const ALLOWED_ORIGINS = ['', location.origin];

/** From the failure of a run to the news that its device is gone. */
const LOSS_MS = 100;

const heapBytes = watchHeap();
let toldBytes = 0;
let started: Started | undefined;
let encoder: ThreadSession | undefined;
let tokenizersUrl = '';

interface Started {
  readonly runtime: OrtRuntime;
  readonly provider: BrowserProvider;
  /** Resolves once its GPU is lost and that has been told. */
  readonly gpuLost: Promise<void> | undefined;
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's scope takes no origin
const send = (message: FromEngine): void => self.postMessage(message);
const lost = (reason: string): void => send({ kind: 'lost', reason });

async function watchGpu({ env }: OrtRuntime): Promise<void> {
  const device = await env.webgpu.device;
  const { message } = await device.lost;
  lost(`the GPU device is lost (${message})`);
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the worker has loaded nothing');
  return value;
}

/**
 * The outcome of a call, told after what it did to the heap. One that failed with the whole instance is told after that:
 * the worker's end is the reason.
 */
async function thenTell<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const gpuLost = started?.gpuLost;
    if (isTrap(error)) lost(error.cause.message);
    // A device fails its work first and says that it is lost a moment later.
    else if (gpuLost) await Promise.race([gpuLost, new Promise((resolve) => setTimeout(resolve, LOSS_MS))]);
    throw error;
  } finally {
    const bytes = heapBytes() - (started?.runtime.keptBytes?.() ?? 0);
    if (bytes !== toldBytes) send({ kind: 'heap', heapBytes: bytes });
    toldBytes = bytes;
  }
}

/** Whether WebAssembly itself has failed: nothing runs in its instance any more. */
const isTrap = (error: unknown): error is { readonly cause: Error } =>
  error instanceof Error && error.cause instanceof WebAssembly.RuntimeError;

function load(model: EngineModel): Promise<ThreadSession> {
  const host = {
    readVerified,
    loadTokenizerClass: async () => (await loadModule<TokenizerModule>(tokenizersUrl)).Tokenizer,
    loadExtras: () => loadModule<TokenizerModule>(tokenizersUrl),
    nowMs: () => performance.now(),
  };
  const thread = 'worker';
  if (!started) return loadEncoder({ model, thread, host: { ...host, openGraph: openStatic } });
  const runtime = started;
  return loadEncoder({ model, thread, host: { ...host, openGraph: () => openGraph(model, runtime) } });
}

const service: EngineService = {
  async start([settings]) {
    const runtime = await thenTell(startOrt(settings));
    const { provider } = settings;
    started = { runtime, provider, gpuLost: provider === 'webgpu' ? watchGpu(runtime) : undefined };
  },
  async measure([acquireUrl]) {
    const { runtime, provider } = present(started);
    const { timeGraphs } = await loadModule<MeasuringModule>(acquireUrl);
    return timeGraphs(runtime, provider);
  },
  async load([model, libraryUrl]) {
    tokenizersUrl = libraryUrl;
    encoder = await thenTell(load(model));
    return encoder.report;
  },
  attach: ([delta]) => present(encoder).attach(delta),
  detach: ([deltaId]) => present(encoder).detach(deltaId),
  run: ([input]) => thenTell(present(encoder).run(input)),
  features: ([texts, deltaId]) => thenTell(present(encoder).features(texts, deltaId)),
  runBatch: ([inputs]) => thenTell(present(encoder).runBatch(inputs)),
};

/** Whoever starts this worker ends none of its calls, makes none twice and listens to no events of them. */
async function answer({ id, name, args }: EngineCall): Promise<void> {
  try {
    send({ kind: 'returned', id, value: await service[name](args as never) });
  } catch (error) {
    send({ kind: 'threw', id, error: toEnvelope(error) });
  }
}

self.addEventListener('message', ({ data, origin }: MessageEvent<EngineCall>) => {
  if (ALLOWED_ORIGINS.includes(origin)) void answer(data);
});
