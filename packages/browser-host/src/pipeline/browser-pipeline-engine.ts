import {
  createLifeline,
  createOpenSessions,
  createTurns,
  engineClosed,
  EngineError,
  waitFor,
  type Lifeline,
} from '@terrace/core/engine';
import type { PipelineEngine, PipelineModel, PipelineSession } from '@terrace/core/pipeline';
import { createCaller, type Caller } from '../calls/caller.js';
import type { AnswerMessage } from '../calls/messages.js';
import { createCompiledWasm } from '../engine/compiled-wasm.js';
import type { BrowserProvider } from '../engine/protocol.js';
import { openWorker } from '../page/start-worker.js';
import { ownPipelineFiles, pipelineFilesIn } from './pipeline-files.js';
import type { FileWish, PipelineCalls, ReadFile } from './protocol.js';

export interface BrowserPipelineOptions {
  /** Where the page has dist/transformers.min.js of @huggingface/transformers; of its own origin. */
  readonly transformersUrl: string | URL;
  /**
   * The folder below which models lie in the layout of the hub (`<model>/config.json`, `<model>/onnx/model.onnx`), or
   * what gives their files, undefined for one that is not there.
   */
  readonly models: string | URL | ((path: string) => Promise<Blob | undefined>);
  /** The folder with this package's other files, where they do not stand beside its script. */
  readonly assetsUrl?: string | URL;
}

/**
 * Pipelines of transformers.js in workers, one a model, over the ONNX Runtime of this package: nothing is fetched but what
 * the page serves. Providers are `wasm`, which `cpu` stands for, and `webgpu`.
 */
export function createBrowserPipelineEngine(options: BrowserPipelineOptions): PipelineEngine {
  const absolute = (url: string | URL): URL => new URL(url, document.baseURI);
  const asFolder = (url: string | URL): URL => absolute(`${url}/`.replace(/\/+$/, '/'));
  const { assetsUrl, transformersUrl, models } = options;
  const files = assetsUrl === undefined ? ownPipelineFiles() : pipelineFilesIn(asFolder(assetsUrl));
  const libraryUrl = absolute(transformersUrl).href;
  const read = typeof models === 'function' ? models : readBelow(asFolder(models));
  const compiled = createCompiledWasm();
  const sessions = createOpenSessions<PipelineSession>();

  const load = async (
    model: PipelineModel,
    signal: AbortSignal | undefined,
    letGo: () => void,
  ): Promise<PipelineSession> => {
    const provider = providerOf(model);
    const thread = startThread(files.worker, model.model);
    try {
      const loading = (async () => {
        const ort = files[provider];
        const wasm = await compiled(ort.binary);
        await thread.call('start', [{ ort, wasm, provider, threads: 1 }, libraryUrl]);
        await thread.call('load', [model], { onEvent: (wish) => void give(wish, thread, read) });
      })();
      await waitFor(loading, signal);
    } catch (error) {
      thread.end(engineClosed(model.model));
      throw error;
    }
    return pipelineSession(thread, { model, letGo });
  };

  return {
    load: (model, { signal } = {}) => sessions.load(model.model, signal, (letGo) => load(model, signal, letGo)),
    close: () => sessions.close(),
  };
}

type Read = (path: string) => Promise<Blob | undefined>;

/** Never above the folder, whatever a model's name says. */
function readBelow(folder: URL): Read {
  return async (path) => {
    const url = new URL(path, folder);
    if (!url.href.startsWith(folder.href)) return undefined;
    const response = await fetch(url);
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`the server says ${response.status}`);
    return response.blob();
  };
}

async function give({ readId, path }: FileWish, { call }: PipelineThread, read: Read): Promise<void> {
  const found = await read(path).then(
    (file): ReadFile => ({ kind: 'read', file }),
    (error: unknown): ReadFile => ({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
  // A worker that has ended wants nothing any more.
  await call('file', [readId, found]).catch(() => undefined);
}

interface PipelineThread {
  readonly call: Caller<PipelineCalls>['call'];
  readonly life: Lifeline;
  /** At once, whatever it is at. */
  end(error: Error): void;
}

function startThread(url: string, model: string): PipelineThread {
  const worker = openWorker(url, 'terrace-pipeline');
  const life = createLifeline();
  const caller = createCaller<PipelineCalls>('pipeline');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker takes no origin
  caller.connect((message) => worker.postMessage(message));
  worker.addEventListener('message', ({ data }: MessageEvent<AnswerMessage>) => caller.receive(data));
  worker.addEventListener('error', (event) => {
    event.preventDefault();
    // A script that is not there says so by this event, and by no word.
    end(ended(model, event.message ?? `its script is not at ${url}`));
  });
  const end = (error: Error): void => {
    worker.terminate();
    life.end(error);
  };
  const call: PipelineThread['call'] = (...args) => life.guard(() => caller.call(...args));
  return { call, life, end };
}

function pipelineSession(
  { call, life, end }: PipelineThread,
  { model, letGo }: { readonly model: PipelineModel; readonly letGo: () => void },
): PipelineSession {
  /** A run cannot be taken back once it was sent, so those that wait do it here, where an abort reaches them. */
  const turns = createTurns();
  let released = false;
  return {
    get alive() {
      return !released && !life.ended();
    },
    run: (input, signal) => turns(() => call('run', [input]), signal),
    async release() {
      if (released) return;
      released = true;
      letGo();
      await turns(() => call('release', [])).catch(() => undefined);
      end(engineClosed(model.model));
    },
  };
}

/** @throws EngineError */
function providerOf({ provider, model }: PipelineModel): BrowserProvider {
  if (provider === 'cpu' || provider === 'wasm') return 'wasm';
  if (provider === 'webgpu') return 'webgpu';
  throw new EngineError({
    message: `Pipelines run with wasm or webgpu in a browser, and ${model} is to run with ${provider.slice(0, 40)}.`,
    hint: 'Leave `provider` out.',
    facts: { model, provider },
  });
}

const ended = (model: string, why: string): EngineError =>
  new EngineError({
    message: `The worker of the pipeline ${model} ended: ${why}.`,
    hint: "Serve every file of @terrace/browser-host's folder dist/bundle as it is; if they are there, ask again.",
    facts: { model },
  });
