import path from 'node:path';
import type { TextModel } from '@terrace/core/generate';

/** Folder of SmolLM2-135M-Instruct as it lies on the hub; without it the tests that need it are left out by name. */
export const TERRACE_TEXT_MODEL = process.env['TERRACE_TEXT_MODEL'];

/** As a loader hands it to an engine. */
export function smollm2(folder = TERRACE_TEXT_MODEL!): TextModel {
  const weights = 'a403d7bde7fd5fd33138c1d83ea74063d420aa4291f1b920b177d41c39dee807';
  return {
    variantId: weights,
    modelId: 'smollm2',
    provider: 'cpu',
    weights: { location: path.join(folder, 'onnx', 'model_q4.onnx'), bytes: 98_080_468, sha256: weights },
    tokenizer: {
      location: path.join(folder, 'tokenizer.json'),
      bytes: 3_522_656,
      sha256: '7d27c493c729a66ecefc837280b05d948b1ed50d130eebdbf911b1b36cf38ed7',
    },
    tokenizerConfig: {
      location: path.join(folder, 'tokenizer_config.json'),
      bytes: 3766,
      sha256: 'fceaf4997f96127e4ef55cad094f6adb9908d46df7e6612dc57b302d03038b21',
    },
    shape: { family: 'smollm2', kvHeads: 3, headDim: 64, kvBytesPerElement: 4, endTokens: [2], maxRows: 8 },
    layers: 30,
    vocabulary: 49_152,
    contextTokens: 8192,
    kvBytes: 512 * 2 ** 20,
    delta: undefined,
  };
}
