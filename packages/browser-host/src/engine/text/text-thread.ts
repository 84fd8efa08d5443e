import { createLifeline, EngineError, fromEnvelope, type Lifeline } from '@terrace/core/engine';
import type { TextEvent } from '@terrace/core/generate';
import { AssetsMissingError } from '../../assets/assets-missing-error.js';
import { createCaller, type Caller } from '../../calls/caller.js';
import type { EngineSettings } from '../protocol.js';
import type { FromTextWorker, TextEngineCalls, ToTextWorker } from './protocol.js';

type Listener = (events: readonly TextEvent[]) => void;

/** A worker that holds one text model. */
export interface TextThread {
  readonly call: Caller<TextEngineCalls>['call'];
  readonly tell: (message: ToTextWorker) => void;
  readonly events: { subscribe(listener: Listener): () => void };
  readonly life: Lifeline;
  /** Resolves when ONNX Runtime is there. */
  readonly started: Promise<void>;
  /** Its WebAssembly memory, as last told. */
  heapBytes(): number;
  /** At once, whatever it is at. */
  end(error: Error): void;
}

/**
 * @param settings of ONNX Runtime, made while the worker starts
 * @param onEnd called once, when it has ended in whatever way
 */
export function startTextThread({
  scriptUrl,
  settings,
  modelId,
  onEnd,
}: {
  readonly scriptUrl: string;
  readonly settings: () => Promise<EngineSettings>;
  readonly modelId: string;
  readonly onEnd: (thread: TextThread) => void;
}): TextThread {
  const worker = open(scriptUrl);
  const life = createLifeline();
  const listeners = new Set<Listener>();
  let heapBytes = 0;
  const caller = createCaller<TextEngineCalls>('text');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker takes no origin
  const post = (message: Parameters<Parameters<typeof caller.connect>[0]>[0] | ToTextWorker): void =>
    worker.postMessage(message);
  caller.connect(post);
  worker.addEventListener('message', ({ data }: MessageEvent<FromTextWorker>) => {
    switch (data.kind) {
      case 'events':
        for (const listener of listeners) listener(data.events);
        return;
      case 'heap':
        heapBytes = data.heapBytes;
        return;
      case 'lost':
        return thread.end(fromEnvelope(data.error));
      default:
        return caller.receive(data);
    }
  });
  worker.addEventListener('error', (event) => {
    // It is dealt with here: the worker that this runs in has not failed.
    event.preventDefault();
    // A script that is not there says so by this event, and by no word.
    thread.end(event.message === undefined ? missing(scriptUrl) : ended(modelId, event.message));
  });
  worker.addEventListener('messageerror', () => thread.end(ended(modelId, 'a message could not be read')));
  const thread: TextThread = {
    call: caller.call,
    tell: post,
    events: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
    life,
    started: life.guard(async () => caller.call('start', [await settings()])),
    heapBytes: () => heapBytes,
    end(error) {
      if (life.ended()) return;
      worker.terminate();
      life.end(error);
      heapBytes = 0;
      onEnd(thread);
    },
  };
  // Whoever waits for it is told as well; nobody is given it any more.
  thread.started.catch((error: Error) => thread.end(error));
  return thread;
}

function open(scriptUrl: string): Worker {
  try {
    return new Worker(scriptUrl, { type: 'module', name: 'terrace-text' });
  } catch (cause) {
    throw missing(scriptUrl, cause);
  }
}

const missing = (url: string, cause?: unknown): AssetsMissingError =>
  new AssetsMissingError({
    message: `The worker that generates text cannot be loaded from ${url}.`,
    hint: "Serve every file of @terrace/browser-host's folder dist/bundle as it is, and let a Content-Security-Policy allow worker-src from there.",
    facts: { url },
    cause,
  });

const ended = (modelId: string, why: string): EngineError =>
  new EngineError({
    message: `The worker of ${modelId} ended: ${why}.`,
    hint: 'The next request starts a new one; if it happens again, report what it says.',
    facts: { model: modelId },
  });
