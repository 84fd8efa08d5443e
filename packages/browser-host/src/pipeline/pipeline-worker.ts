import { loadPipeline, type LoadedPipeline } from '@terrace/core/pipeline';
import { createAnswerer } from '../calls/answerer.js';
import type { AnswerMessage, CallMessage } from '../calls/messages.js';
import { startOrt } from '../engine/ort-runtime.js';
import type { BrowserProvider } from '../engine/protocol.js';
import { importTransformers, type LoadedLibrary } from './import-transformers.js';
import type { FileWish, PipelineCalls, ReadFile } from './protocol.js';

/** What the page that started this worker sends carries no origin. */
const ALLOWED_ORIGINS = ['', location.origin];
/** What stands for the folder of the models in the addresses that the library makes. */
const MODELS = '/store/';

let started: { readonly library: LoadedLibrary; readonly provider: BrowserProvider } | undefined;
let loaded: LoadedPipeline | undefined;

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's scope takes no origin
const send = (message: AnswerMessage): void => self.postMessage(message);

const reads = new Map<number, (read: ReadFile) => void>();
let lastRead = 0;
let wish: ((wanted: FileWish) => void) | undefined;

/** Every file of a model comes from the page, and nothing from anywhere else. */
async function fetchFromPage(asked: string | URL | Request): Promise<Response> {
  const address = asked instanceof Request ? asked.url : String(asked);
  const { origin, pathname } = new URL(address, location.origin);
  if (origin !== location.origin || !pathname.startsWith(MODELS)) throw new Error('pipelines have no network');
  const path = decodeURIComponent(pathname.slice(MODELS.length));
  const readId = ++lastRead;
  const read = await new Promise<ReadFile>((resolve) => {
    reads.set(readId, resolve);
    wish?.({ readId, path });
  });
  if (read.kind === 'failed') throw new Error(`${path} cannot be read: ${read.message}`);
  return read.file ? new Response(read.file) : new Response(null, { status: 404 });
}

const answerer = createAnswerer<PipelineCalls>({
  async start([settings, url]) {
    const library = await importTransformers(url, await startOrt(settings));
    library.env.localModelPath = MODELS;
    library.env.fetch = fetchFromPage;
    started = { library, provider: settings.provider };
  },
  async load([model], { tell }) {
    wish = tell;
    if (!started) throw new Error('the worker was not started');
    const { library, provider } = started;
    loaded = await loadPipeline({
      library,
      model,
      // The library's own name for what is decided by the providers of the session.
      device: 'auto',
      sessionOptions: { executionProviders: [provider], logSeverityLevel: 3 },
      decodeImage: (bytes) => library.RawImage.fromBlob(new Blob([bytes])),
    });
  },
  async file([readId, read]) {
    reads.get(readId)?.(read);
    reads.delete(readId);
  },
  run([input]) {
    if (!loaded) throw new Error('no pipeline was loaded');
    return loaded.run(input);
  },
  async release() {
    await loaded?.release();
    loaded = undefined;
  },
});

self.addEventListener('message', ({ data, origin }: MessageEvent<CallMessage>) => {
  if (ALLOWED_ORIGINS.includes(origin)) answerer.receive(data, send);
});
