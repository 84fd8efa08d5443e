import { fitCalibration } from '@terrace/core';
import { fitHead, type MatMul } from '@terrace/core/deltas';
import { createAnswerer } from '../calls/answerer.js';
import type { AnswerMessage, CallMessage } from '../calls/messages.js';
import { startOrt } from '../engine/ort-runtime.js';
import { createOrtMatMul } from './ort-mat-mul.js';
import type { FitCalls } from './protocol.js';

/** What the runtime that started this worker sends carries no origin. */
const ALLOWED_ORIGINS = ['', location.origin];

let products: MatMul | undefined;

function matMul(): MatMul {
  if (!products) throw new Error('the worker was not started');
  return products;
}

const answerer = createAnswerer<FitCalls>({
  async start([settings]) {
    products = createOrtMatMul(await startOrt(settings));
  },
  fitHead: ([job], { signal, tell: onProgress }) => fitHead(job, { matMul: matMul(), signal, onProgress }),
  // In float, by plain WebAssembly on one thread, two epochs take longer than a visitor stays.
  fitFactors: async () => undefined,
  calibrate: async ([job], { tell }) => fitCalibration({ ...job, onLadder: (done, total) => tell?.({ done, total }) }),
});

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's scope takes no origin
const send = (message: AnswerMessage): void => self.postMessage(message);

self.addEventListener('message', ({ data, origin }: MessageEvent<CallMessage>) => {
  if (ALLOWED_ORIGINS.includes(origin)) answerer.receive(data, send);
});
