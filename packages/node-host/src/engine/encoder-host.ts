import { Tokenizer } from '@huggingface/tokenizers';
import { createFeatureRun, runHubGraph, type EncoderHost } from '@terrace/core/engine';
import type { Tensor } from 'onnxruntime-node';
import { readVerified } from '../store/files/verified-file.js';
import { openGraph } from './ort-graph.js';

/** What an encoder takes from Node. */
export const encoderHost: EncoderHost<Tensor> = {
  readVerified,
  openGraph,
  loadTokenizerClass: async () => Tokenizer,
  loadExtras: async () => ({ runHubGraph, createFeatureRun }),
  nowMs: () => performance.now(),
};
