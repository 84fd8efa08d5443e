import { modelManifestSchema } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { readHubCard } from './hub-card.js';
import { hubManifest, toId, type HubManifestInput } from './hub-manifest.js';
import { chooseHubWeights } from './hub-weights.js';

const input: HubManifestInput = {
  name: 'my-model',
  shape: { task: 'feature-extraction', contextTokens: 512, layers: 1, hidden: 8, features: 8, flopsPerToken: 1 },
  card: undefined,
  licenceText: undefined,
  weights: [{ dtype: 'int8', name: 'model_quantized.onnx', digest: { bytes: 7, sha256: 'a'.repeat(64) } }],
};

describe('hubManifest', () => {
  it('writes what the schema of model.json accepts', () => {
    const manifest = hubManifest(input);
    expect(modelManifestSchema.parse(manifest)).toEqual(manifest);
    expect(manifest).toMatchObject({ id: 'my-model', interface: 'transformers', publisher: 'local' });
  });

  it('claims English and no licence where nothing is said', () => {
    expect(hubManifest(input)).toMatchObject({ language: ['en'], licence: 'unknown' });
  });

  it('believes the card before the licence file', () => {
    const card = { licence: 'cc-by-4.0', languages: ['de', 'fr'], upstream: 'a/b' };
    const manifest = hubManifest({ ...input, card, licenceText: 'MIT License' });
    expect(manifest).toMatchObject({ language: ['de', 'fr'], licence: 'cc-by-4.0', upstream: 'a/b' });
  });

  it('recognises a licence by its text', () => {
    const licenceText = '    Apache License\n      Version 2.0, January 2004';
    expect(hubManifest({ ...input, licenceText }).licence).toBe('Apache-2.0');
  });
});

describe('toId', () => {
  it.each([
    ['all-MiniLM-L6-v2', 'all-MiniLM-L6-v2'],
    ['Modèle à moi', 'Modele-a-moi'],
    ['..hidden', 'hidden'],
    ['日本', 'model'],
  ])('makes %s an id', (name, id) => {
    expect(toId(name)).toBe(id);
  });
});

describe('readHubCard', () => {
  it('reads values and lists of the front matter', () => {
    const card =
      '---\nlicense: apache-2.0\nlanguage:\n- en\n- de # also\ntags: [a, b]\nbase_model: "a/b"\n---\n# Model\nlicense: no';
    expect(readHubCard(card)).toEqual({ licence: 'apache-2.0', languages: ['en', 'de'], upstream: 'a/b' });
  });

  it('reads a list in brackets and leaves out what is no language', () => {
    expect(readHubCard('---\nlanguage: [en, multilingual, zh-Hant]\n---').languages).toEqual(['en', 'zh-Hant']);
  });

  it('takes the name of a licence that has one of its own', () => {
    expect(readHubCard('---\nlicense: other\nlicense_name: gemma\n---').licence).toBe('gemma');
  });

  it('finds nothing in a card without front matter', () => {
    expect(readHubCard('# Model')).toEqual({ licence: undefined, languages: [], upstream: undefined });
  });
});

describe('chooseHubWeights', () => {
  it('knows types by file names and takes one file a type', () => {
    const names = ['model.onnx', 'model_bnb4.onnx', 'model_int8.onnx', 'model_q4f16.onnx', 'model_quantized.onnx'];
    const { files, skipped } = chooseHubWeights(names);
    expect(files).toEqual([
      { dtype: 'fp32', name: 'model.onnx' },
      { dtype: 'int8', name: 'model_quantized.onnx' },
      { dtype: 'q4f16', name: 'model_q4f16.onnx' },
    ]);
    expect(skipped).toEqual(['model_bnb4.onnx', 'model_int8.onnx']);
  });

  it('refuses weights that lie in a second file', () => {
    expect(() => chooseHubWeights(['model.onnx', 'model.onnx_data'])).toThrow(/model\.onnx_data/);
  });

  it('says which names it looks for', () => {
    expect(() => chooseHubWeights(['decoder.onnx'])).toThrow(/no ONNX weights/);
  });
});
