import { InvalidCatalogError, InvalidRequestError } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { readHubConfig } from './hub-config.js';

const encoder = { architectures: ['BertModel'], hidden_size: 384, num_hidden_layers: 6, num_attention_heads: 12 };
const classifier = {
  ...encoder,
  architectures: ['BertForSequenceClassification'],
  id2label: { 1: 'b', 0: 'a', 2: 'c' },
};

describe('readHubConfig', () => {
  it('reads the shape of an encoder', () => {
    expect(readHubConfig({ ...encoder, max_position_embeddings: 512 }, {})).toEqual({
      task: 'feature-extraction',
      contextTokens: 512,
      layers: 6,
      heads: 12,
      hidden: 384,
      features: 384,
      flopsPerToken: 2 * 12 * 6 * 384 ** 2,
    });
  });

  it('reads the names that DistilBERT uses', () => {
    const { hidden, layers, heads } = readHubConfig({ dim: 768, n_layers: 6, n_heads: 12 }, undefined);
    expect({ hidden, layers, heads }).toEqual({ hidden: 768, layers: 6, heads: 12 });
  });

  it('takes the labels of a classifier in the order of their numbers', () => {
    expect(readHubConfig(classifier, {})).toMatchObject({ task: 'text-classification', labels: ['a', 'b', 'c'] });
  });

  it.each([
    ['the smaller of two limits', { max_position_embeddings: 514 }, { model_max_length: 512 }, 512],
    ['positions when the tokenizer has no limit', { max_position_embeddings: 8192 }, { model_max_length: 1e30 }, 8192],
    ['512 when nothing is said', {}, {}, 512],
    ['512 when what is said is no number', {}, { model_max_length: 'long' }, 512],
  ])('takes %s', (_, config, tokenizer, expected) => {
    expect(readHubConfig({ ...encoder, ...config }, tokenizer).contextTokens).toBe(expected);
  });

  it.each([
    ['no labels', { id2label: {} }],
    ['one label', { id2label: { 0: 'score' } }],
    ['a gap', { id2label: { 0: 'a', 2: 'b' } }],
    ['a label twice', { id2label: { 0: 'a', 1: 'a' } }],
    ['several labels a text', { problem_type: 'multi_label_classification' }],
  ])('refuses a classifier with %s', (_, change) => {
    expect(() => readHubConfig({ ...classifier, ...change }, {})).toThrow(InvalidCatalogError);
  });

  it('refuses a model for a task that does not run here', () => {
    expect(() => readHubConfig({ ...encoder, architectures: ['T5ForConditionalGeneration'] }, {})).toThrow(
      InvalidRequestError,
    );
  });

  it('names the field that is wrong', () => {
    expect(() => readHubConfig({ ...encoder, hidden_size: -1 }, {})).toThrow(/hidden_size/);
    expect(() => readHubConfig({ architectures: [] }, {})).toThrow(/hidden_size/);
    expect(() => readHubConfig(undefined, {})).toThrow(InvalidCatalogError);
  });
});
