import { InvalidCatalogError, InvalidRequestError } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { readHubConfig } from './hub-config.js';
import { readHubText, requireChatTemplate } from './hub-text.js';
import { chooseHubWeights } from './hub-weights.js';

const smollm2 = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  eos_token_id: 2,
  hidden_size: 576,
  intermediate_size: 1536,
  max_position_embeddings: 8192,
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  vocab_size: 49_152,
};

describe('a language model of the hub', () => {
  it('has the shape that its keys and values take, and costs two operations a weight', () => {
    const { text, features, flopsPerToken } = readHubText(smollm2, undefined);
    expect(text).toMatchObject({ kvHeads: 3, headDim: 64, endTokens: [2] });
    expect(features).toBe(49_152);
    expect(flopsPerToken / 2 / 134.5e6).toBeCloseTo(1, 2);
  });

  it('ends where generation_config.json says, and is read with all other models', () => {
    const shape = readHubConfig(smollm2, { model_max_length: 2048 }, { eos_token_id: [5, 7] });
    expect(shape).toMatchObject({ task: 'text-generation', contextTokens: 2048, text: { endTokens: [5, 7] } });
  });

  it('may have a head of another width, and as many keys as heads', () => {
    const { text } = readHubText({ ...smollm2, head_dim: 128, num_key_value_heads: undefined }, {});
    expect(text).toMatchObject({ kvHeads: 9, headDim: 128 });
  });

  it.each([
    ['vocab_size', { vocab_size: undefined }],
    ['eos_token_id', { eos_token_id: undefined }],
    ['num_key_value_heads', { num_key_value_heads: 0 }],
  ])('is refused where its %s is missing or none', (path, changes) => {
    expect(() => readHubText({ ...smollm2, ...changes }, {})).toThrow(InvalidCatalogError);
    expect(() => readHubText({ ...smollm2, ...changes }, {})).toThrow(path);
  });

  it('needs a chat template where its tokenizer says what it is', () => {
    expect(() => requireChatTemplate({ chat_template: '{{ messages }}' }, [])).not.toThrow();
    expect(() => requireChatTemplate({}, ['chat_template.jinja'])).toThrow(/in a file of its own/);
    expect(() => requireChatTemplate(undefined, [])).toThrow(InvalidRequestError);
  });

  it('is taken in the types that are one file, when others are two', () => {
    const { files } = chooseHubWeights(['model.onnx', 'model.onnx_data', 'model_q4.onnx']);
    expect(files).toEqual([{ dtype: 'q4', name: 'model_q4.onnx' }]);
  });
});
