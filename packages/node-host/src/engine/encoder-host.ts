import { Tokenizer } from '@huggingface/tokenizers';
import { createFeatureRun, runHubGraph, type EncoderHost, type StaticTensor } from '@terrace/core/engine';
import type { Tensor } from 'onnxruntime-node';
import { readVerified } from '../store/files/verified-file.js';
import { openGraph } from './ort-graph.js';

/** What an encoder takes from Node. */
export const encoderHost: EncoderHost<Tensor | StaticTensor> = {
  readVerified,
  openGraph,
  loadTokenizerClass: async () => Tokenizer,
  loadExtras: async () => ({ runHubGraph, createFeatureRun }),
  nowMs: () => performance.now(),
};
