import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import type { TextHost } from '@terrace/core/generate';
import { readVerified } from '../../store/files/verified-file.js';
import { openOrtTextGraph } from './ort-text-graph.js';

/** What generation takes from Node. */
export const textHost: TextHost = {
  readVerified,
  openGraph: openOrtTextGraph,
  loadTokenizerClass: async () => Tokenizer,
  loadTemplateClass: async () => Template,
  nowMs: () => performance.now(),
  random: Math.random,
  // Between two of them the loop looks for messages once.
  yieldToMessages: () => new Promise((resolve) => void setImmediate(resolve)),
  sleep: (delayMs) => new Promise((resolve) => void setTimeout(resolve, delayMs).unref()),
};
