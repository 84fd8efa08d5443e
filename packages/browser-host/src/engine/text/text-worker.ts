import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import { EngineError, toEnvelope } from '@terrace/core/engine';
import { createTextWorker, loadText, type TextHost } from '@terrace/core/generate';
import { createAnswerer } from '../../calls/answerer.js';
import type { CallMessage } from '../../calls/messages.js';
import { readVerified } from '../../store/read-verified.js';
import { watchHeap } from '../heap-watch.js';
import { startOrt, type OrtRuntime } from '../ort-runtime.js';
import type { BrowserProvider } from '../protocol.js';
import { openOrtTextGraph } from './ort-text-graph.js';
import type { FromTextWorker, TextEngineCalls, ToTextWorker } from './protocol.js';

/** What the runtime that started this worker sends carries no origin. */
const ALLOWED_ORIGINS = ['', location.origin];

const heapBytes = watchHeap();
let toldBytes = 0;
let started: { readonly runtime: OrtRuntime; readonly provider: BrowserProvider } | undefined;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's scope takes no origin
const send = (message: FromTextWorker): void => self.postMessage(message);

function tellHeap(): void {
  const bytes = heapBytes();
  if (bytes !== toldBytes) send({ kind: 'heap', heapBytes: bytes });
  toldBytes = bytes;
}

async function watchGpu({ env }: OrtRuntime): Promise<void> {
  const device = await env.webgpu.device;
  const { message } = await device.lost;
  const error = new EngineError({
    message: `The GPU device is lost (${message}).`,
    hint: 'Ask again: another worker is started for it.',
    facts: { provider: 'webgpu' },
  });
  send({ kind: 'lost', error: toEnvelope(error) });
}

/** A timer would wait 4 ms; a message comes as soon as those before it have been read. */
function createYield(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const waiting: (() => void)[] = [];
  port1.addEventListener('message', () => waiting.shift()?.());
  port1.start();
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve);
      port2.postMessage(undefined);
    });
}

const host: TextHost = {
  readVerified,
  openGraph: (model) => {
    if (!started) throw new Error('the worker was not started');
    return openOrtTextGraph(model, started);
  },
  loadTokenizerClass: async () => Tokenizer,
  loadTemplateClass: async () => Template,
  nowMs: () => performance.now(),
  random: Math.random,
  yieldToMessages: createYield(),
  sleep: (delayMs) => new Promise((resolve) => void setTimeout(resolve, delayMs)),
};

const worker = createTextWorker({
  load: (model) => loadText({ model, host }),
  send: (events) => {
    send({ kind: 'events', events });
    tellHeap();
  },
});

const answerer = createAnswerer<TextEngineCalls>({
  async start([settings]) {
    const runtime = await startOrt(settings);
    started = { runtime, provider: settings.provider };
    if (settings.provider === 'webgpu') void watchGpu(runtime);
  },
  async load([model]) {
    const report = await worker.load(model);
    tellHeap();
    return report;
  },
  countTokens: ([chat]) => worker.countTokens(chat),
  logits: ([text]) => worker.logits(text),
});

self.addEventListener('message', ({ data, origin }: MessageEvent<CallMessage | ToTextWorker>) => {
  if (!ALLOWED_ORIGINS.includes(origin)) return;
  switch (data.kind) {
    case 'begin':
      return worker.begin(data.jobId, data.job, data.creditTokens);
    case 'more':
      return worker.more(data.jobId, data.tokens);
    case 'cancel':
      return worker.cancel(data.jobId);
    default:
      return answerer.receive(data, send);
  }
});
