import { createFakeTextEngine } from '@terrace/core/testing';
import { DEFAULT_GENERATION, type TextJob, type TextModel } from '@terrace/core/generate';
import { expect, it } from 'vitest';
import type { Mark } from './mark.js';
import { markingTextEngine } from './marking-text-engine.js';
import type { Sentinel } from './open-sentinel.js';

const FILE = { location: 'memory:', bytes: 7, sha256: 'a'.repeat(64) };
const MODEL: TextModel = {
  variantId: 'v',
  modelId: 'small',
  provider: 'wasm',
  weights: FILE,
  tokenizer: FILE,
  tokenizerConfig: undefined,
  shape: { family: 'tiny', kvHeads: 1, headDim: 16, kvBytesPerElement: 4, endTokens: [2], maxRows: 1 },
  layers: 2,
  vocabulary: 272,
  contextTokens: 256,
  kvBytes: 1024,
  delta: undefined,
};
const JOB: TextJob = {
  messages: [{ role: 'user', content: 'hello' }],
  tools: [],
  prefix: '',
  chatTemplate: undefined,
  generation: { ...DEFAULT_GENERATION, maxTokens: 64 },
  priority: 'normal',
};

function watched(past: Sentinel['past'] = undefined) {
  const begun: Mark[] = [];
  const sentinel: Sentinel = {
    past,
    during: async (mark, work) => {
      if (begun.at(-1) !== mark) begun.push(mark);
      return work();
    },
    close: () => undefined,
  };
  const answers = Array.from({ length: 30 }, (_, at) => `w${at}`).join(' ');
  return { engine: markingTextEngine(createFakeTextEngine({ answers }), Promise.resolve(sentinel)), begun };
}

it('marks the load and every turn of a text', async () => {
  const { engine, begun } = watched();
  const session = await engine.load(MODEL);
  for await (const _ of session.generate(JOB));
  expect(begun.map(({ phase, variantId, bytes }) => [phase, variantId, bytes])).toEqual([
    ['load', 'v', 7],
    ['run', 'v', 7],
  ]);
});

it('does not load what the page has died of', async () => {
  const died = new Error('the page has died of it');
  const requireAllowed = () => {
    throw died;
  };
  await expect(watched({ requireAllowed }).engine.load(MODEL)).rejects.toBe(died);
});

it('says so once when a text of some length went well', async () => {
  const proved: Mark[] = [];
  const { engine } = watched({ proved: (mark) => void proved.push(mark) });
  const session = await engine.load(MODEL);
  for await (const _ of session.generate(JOB));
  for await (const _ of session.generate(JOB));
  expect(proved).toHaveLength(1);
});
