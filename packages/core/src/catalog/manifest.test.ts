import { describe, expect, it } from 'vitest';
import { modelManifestSchema } from './manifest.js';

const sha256 = '0'.repeat(64);
const encoder = {
  id: 'some',
  task: 'feature-extraction',
  language: ['en'],
  contextTokens: 512,
  licence: 'MIT',
  publisher: 'somebody',
  layers: 2,
  hidden: 64,
  features: 64,
  flopsPerToken: 1e6,
  files: { q4: { path: 'model_q4.onnx', bytes: 10, sha256 } },
};
const text = { family: 'some', kvHeads: 2, headDim: 32, endTokens: [2] };
const generator = { ...encoder, task: 'text-generation', interface: 'transformers', text };
const beside = { path: 'tokenizer.json', bytes: 10, sha256 };

const faultOf = (manifest: object): string | undefined =>
  modelManifestSchema.safeParse(manifest).error?.issues[0]?.path.join('.');

describe('model.json', () => {
  it('of an encoder and of a model that generates text', () => {
    expect(faultOf(encoder)).toBeUndefined();
    expect(faultOf(generator)).toBeUndefined();
    expect(
      faultOf({ ...generator, tokenizer: beside, tokenizerConfig: { ...beside, path: 'c.json' } }),
    ).toBeUndefined();
  });

  it.each([
    ['text', { ...encoder, text }],
    ['text', { ...encoder, task: 'text-classification', text }],
    ['text', { ...generator, text: undefined }],
    ['interface', { ...generator, interface: 'terrace' }],
    ['tokenizer', { ...encoder, tokenizer: beside }],
    ['tokenizer.path', { ...generator, tokenizer: { ...beside, path: '../tokenizer.json' } }],
    ['text.endTokens', { ...generator, text: { ...text, endTokens: [] } }],
    ['text.kvHeads', { ...generator, text: { ...text, kvHeads: 0 } }],
    ['text.maxRows', { ...generator, text: { ...text, maxRows: 65 } }],
    ['contextTokens', { ...generator, contextTokens: 1e300 }],
  ])('is refused where %s is wrong', (path, manifest) => {
    expect(faultOf(manifest)).toBe(path);
  });
});
