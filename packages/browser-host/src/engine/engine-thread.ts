import { EngineError, waitFor, type Lifeline } from '@terrace/core/engine';
import { createCaller, type Caller } from '../calls/caller.js';
import type { BrowserProvider, EngineCalls, EngineSettings, FromEngine } from './protocol.js';

/** What a worker has loaded before its model: ONNX Runtime with a provider, or nothing for what does without it. */
export type ThreadKind = BrowserProvider | 'static';

/** A worker that holds one variant, or nothing yet. It is used once. */
export interface EngineThread {
  readonly kind: ThreadKind;
  readonly call: Caller<EngineCalls>['call'];
  readonly life: Pick<Lifeline, 'guard' | 'ended'>;
  /** Resolves when ONNX Runtime is there, where it is wanted. */
  readonly started: Promise<void>;
  /** Its WebAssembly memory without deltas, as last told. */
  heapBytes(): number;
  /** The model it works for, for messages. */
  modelId: string;
  end(error: Error): void;
}

/**
 * @param scriptUrl of the worker
 * @param settings of ONNX Runtime, made while it starts; none for a worker that does without
 * @param onEnd called once, when it has ended in whatever way
 */
export function startThread({
  scriptUrl,
  kind,
  settings,
  modelId,
  onEnd,
}: {
  scriptUrl: string;
  kind: ThreadKind;
  settings?: () => Promise<EngineSettings>;
  modelId: string;
  onEnd: (thread: EngineThread) => void;
}): EngineThread {
  const worker = open(scriptUrl);
  const ending = new AbortController();
  const { signal } = ending;
  let heapBytes = 0;
  const lost = (why: string, cause?: unknown): void => thread.end(ended(thread, why, cause));
  const caller = createCaller<EngineCalls>('engine');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker takes no origin
  caller.connect((message) => worker.postMessage(message));
  worker.addEventListener('message', ({ data }: MessageEvent<FromEngine>) => {
    switch (data.kind) {
      case 'heap':
        heapBytes = data.heapBytes;
        return;
      case 'lost':
        return lost(data.reason);
      default:
        return caller.receive(data);
    }
  });
  worker.addEventListener('error', (event) => {
    // It is dealt with here: the worker that this runs in has not failed.
    event.preventDefault();
    // A script that is not there says so by this event, and by no word.
    if (event.message === undefined) thread.end(unstartable(scriptUrl));
    else lost(event.message);
  });
  worker.addEventListener('messageerror', () => lost('a message could not be read'));
  const thread: EngineThread = {
    kind,
    call: caller.call,
    // Its calls end with their caller: no other promise stands between.
    life: { guard: (work) => work(), ended: () => signal.aborted },
    started: settings
      ? waitFor(
          settings().then((known) => caller.call('start', [known])),
          signal,
        )
      : Promise.resolve(),
    heapBytes: () => heapBytes,
    modelId,
    end(error) {
      if (signal.aborted) return;
      worker.terminate();
      caller.close(error);
      ending.abort(error);
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
    return new Worker(scriptUrl, { type: 'module', name: 'terrace-engine' });
  } catch (cause) {
    throw unstartable(scriptUrl, cause);
  }
}

const unstartable = (scriptUrl: string, cause?: unknown): EngineError =>
  new EngineError({
    message: `No worker can be started: its script cannot be loaded from ${scriptUrl}.`,
    hint: 'Serve it from the origin of the page, and let a Content-Security-Policy allow worker-src from there.',
    facts: { url: scriptUrl },
    cause,
  });

const ended = ({ modelId, kind }: EngineThread, why: string, cause: unknown): EngineError =>
  new EngineError({
    message: `The worker of ${modelId} ended: ${why}.`,
    hint: 'The next request starts a new one; if it happens again, report what it says.',
    facts: { model: modelId, kind },
    cause,
  });
