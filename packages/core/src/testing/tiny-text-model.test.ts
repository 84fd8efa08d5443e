import { expect, it } from 'vitest';
import { readOnnx } from '../delta/layers/onnx-file.js';
import { tinyTextModel } from './tiny-text-model.js';

it('is a graph of two layers with the weights it says', () => {
  const { model, layers, vocabulary } = tinyTextModel();
  const { nodes, tensors } = readOnnx(model);
  expect(nodes.filter(({ op }) => op === 'GroupQueryAttention')).toHaveLength(layers);
  expect(tensors.find(({ name }) => name === 'head')?.dims).toEqual([16, vocabulary]);
  expect(model.length).toBeLessThan(80 * 1024);
});

it('is the same each time', () => {
  expect(tinyTextModel().model).toEqual(tinyTextModel().model);
});
