import { StorageError, type Drained, type FetchProgress, type Queued, type Step } from '@terrace/core';
import { expose } from 'comlink';
import { useErrorEnvelope } from '../assets/error-transfer.js';
import { createAbortableWork } from './abortable-work.js';
import { openRuntime, type OpenedRuntime } from './open-runtime.js';
import type { RuntimeWorker } from './protocol.js';
import { telling } from './telling.js';

/** What a dedicated worker's own page sends carries no origin. */
const ALLOWED_ORIGINS = ['', self.location.origin];

const calls = createAbortableWork();
let opened: OpenedRuntime | undefined;

const open = (): OpenedRuntime => {
  if (!opened) throw new Error('the page asked before it had opened the runtime');
  return opened;
};

/** @throws StorageError where the browser lets nothing be stored */
const queuedOf = (): Queued => {
  const { queued } = open().runtime;
  if (!queued) throw cannotQueue();
  return queued;
};

const worker: RuntimeWorker = {
  async open(settings, page) {
    opened = await openRuntime(settings, page);
  },
  run: (callId, input, { queuedId, inOrder }, steps) =>
    calls.run(callId, async (signal) => {
      const { runtime } = open();
      const options = { signal, ...(queuedId !== undefined && { queuedId }) };
      if (!steps) return runtime.run(input, { ...options, ...(inOrder !== undefined && { inOrder }) });
      const stream = runtime.stream(input, options);
      for (let next = await stream.next(); ; next = await stream.next()) {
        if (next.done) return next.value;
        steps.postMessage(next.value satisfies Step);
      }
    }),
  recommend: (callId, input) => calls.run(callId, (signal) => open().runtime.recommend(input, { signal })),
  prepare: (callId, input, progress) =>
    calls.run(callId, (signal) =>
      telling<FetchProgress, void>(progress, (onProgress) => open().runtime.prepare(input, { signal, onProgress })),
    ),
  abort: (callId, reason) => calls.abort(callId, reason),
  readQueued: async (requestId) => queuedOf().read(requestId),
  listQueued: async (query) => queuedOf().list(query),
  waitForQueued: (callId, requestId) => calls.run(callId, (signal) => queuedOf().wait(requestId, { signal })),
  drainQueued: (callId, answered) =>
    calls.run(callId, (signal) =>
      telling<string, Drained>(answered, (onAnswer) => queuedOf().drain({ signal, onAnswer })),
    ),
  forgetQueued: async (requestId) => queuedOf().forget(requestId),
  profile: async () => open().probe.profile(),
  catalog: async () => open().models.current(),
  refreshCatalog: async () => open().models.refresh(),
  recordFeedback: async (feedback) => open().recordFeedback(feedback),
  flush: async () => open().runtime.flush(),
  close: async () => open().close(),
};

const cannotQueue = (): StorageError =>
  new StorageError({
    message: 'No request can wait here: the browser lets this site store nothing.',
    hint: 'Allow the site to store data: no private window, cookies and site data not blocked.',
  });

useErrorEnvelope();
expose(worker, self as unknown as Parameters<typeof expose>[1], ALLOWED_ORIGINS);
