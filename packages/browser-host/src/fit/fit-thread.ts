import { createLifeline, EngineError } from '@terrace/core/engine';
import { createCaller, type Caller } from '../calls/caller.js';
import type { AnswerMessage } from '../calls/messages.js';
import type { EngineSettings } from '../engine/protocol.js';
import type { FitCalls } from './protocol.js';

/** A worker that makes fits, one after the other. */
export interface FitThread {
  /** @throws EngineError when it has not started, or ends meanwhile; what the call throws */
  readonly call: Caller<FitCalls>['call'];
  ended(): boolean;
  /** At once, whatever it is at. */
  end(): void;
}

/** @param settings of ONNX Runtime, made while the worker starts */
export function startFitThread(scriptUrl: string, settings: () => Promise<EngineSettings>): FitThread {
  const life = createLifeline();
  const caller = createCaller<FitCalls>('fitter');
  const worker = new Worker(scriptUrl, { type: 'module', name: 'terrace-fit' });
  const end = (why: string, cause?: unknown): void => {
    worker.terminate();
    life.end(ended(scriptUrl, why, cause));
  };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker takes no origin
  caller.connect((message) => worker.postMessage(message));
  worker.addEventListener('message', ({ data }: MessageEvent<AnswerMessage>) => caller.receive(data));
  worker.addEventListener('error', (event) => {
    // It is dealt with here: the worker that this runs in has not failed.
    event.preventDefault();
    end(event.message ?? 'its script cannot be loaded');
  });
  worker.addEventListener('messageerror', () => end('a message could not be read'));
  const started = life.guard(async () => caller.call('start', [await settings()]));
  started.catch((error: Error) => end(error.message, error));
  return {
    call: (...args) =>
      life.guard(async () => {
        await started;
        return caller.call(...args);
      }),
    ended: () => life.ended(),
    end: () => end('it is not needed any more'),
  };
}

const ended = (url: string, why: string, cause: unknown): EngineError =>
  EngineError.isInstance(cause)
    ? cause
    : new EngineError({
        message: `The worker that fits ended: ${why}.`,
        hint: "Fit again. If it cannot be loaded, serve every file of @terrace/browser-host's folder dist/bundle.",
        facts: { url },
        cause,
      });
