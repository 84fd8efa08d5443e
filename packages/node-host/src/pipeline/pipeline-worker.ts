import { parentPort } from 'node:worker_threads';
import { loadPipeline, type LoadedPipeline } from '@terrace/core/pipeline';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import { importTransformers } from './import-transformers.js';
import type { PipelineWorker } from './pipeline-protocol.js';

if (!parentPort) throw new Error('this file is started as a worker thread');

/** One thread: a ladder of small models shares few cores with the encoders. */
const sessionOptions = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };

let loaded: LoadedPipeline | undefined;

const worker: PipelineWorker = {
  async load(model) {
    const library = await importTransformers();
    // Whatever asks for something after all asks in vain.
    library.env.fetch = () => Promise.reject(new Error('pipelines have no network'));
    const { RawImage } = await import('@huggingface/transformers');
    loaded = await loadPipeline({
      library,
      model,
      device: model.provider,
      sessionOptions,
      decodeImage: (bytes) => RawImage.fromBlob(new Blob([bytes])),
    });
  },
  run: (input) => loaded!.run(input),
  async release() {
    await loaded?.release();
    loaded = undefined;
  },
};

useErrorEnvelope();
expose(worker, nodeEndpoint(parentPort));
