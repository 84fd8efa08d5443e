import { parentPort, workerData } from 'node:worker_threads';
import { createTextWorker, loadText } from '@terrace/core/generate';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../comlink-errors.js';
import { textHost as host } from './text-host.js';
import type { FromTextWorker, TextCalls, TextWorkerData, ToTextWorker } from './text-protocol.js';

if (!parentPort) throw new Error('this file is started as a worker thread');

const { jobs } = workerData as TextWorkerData;
const worker = createTextWorker({
  load: (model) => loadText({ model, host }),
  send: (events: FromTextWorker) => jobs.postMessage(events),
});

jobs.on('message', (message: ToTextWorker) => {
  switch (message.kind) {
    case 'begin':
      return worker.begin(message.jobId, message.job, message.creditTokens);
    case 'more':
      return worker.more(message.jobId, message.tokens);
    case 'cancel':
      return worker.cancel(message.jobId);
    default:
      return message satisfies never;
  }
});

const calls: TextCalls = {
  load: (model) => worker.load(model),
  countTokens: (chat) => worker.countTokens(chat),
  logits: (text) => worker.logits(text),
  release: () => worker.release(),
};

useErrorEnvelope();
expose(calls, nodeEndpoint(parentPort));
