import { expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import { sessionGraph } from './session-graph.js';

const failure = new EngineError({ message: 'It failed.', hint: 'Ask again.' });

/** The graph of a session whose token ids have this shape. */
function graphOf({ shape = ['batch', 'tokens'], inputs = ['input_ids', 'attention_mask'], run = async () => ({}) }) {
  return sessionGraph(
    {
      inputNames: inputs,
      outputNames: ['logits'],
      inputMetadata: inputs.map((name) => ({ name, shape })),
      run,
      release: async () => undefined,
    },
    { emptyRank: 0, toTensor: ({ data, dims }) => ({ data: data as unknown, dims }), failed: () => failure },
  );
}

it('takes batches where the first dimension of the ids is open, and padding is told from text', () => {
  expect(graphOf({}).maxPadding).toBeGreaterThan(1);
  expect(graphOf({ shape: [1, 'tokens'] as unknown as string[] }).maxPadding).toBe(0);
  expect(graphOf({ inputs: ['input_ids'] }).maxPadding).toBe(0);
  expect(graphOf({ inputs: ['attention_mask'] }).maxPadding).toBe(0);
});

it('gives the output that was asked for, and tells a failure in the words of its host', async () => {
  const logits = { data: Float32Array.of(1, 2), dims: [1, 2], location: 'cpu' };
  expect(await graphOf({ run: async () => ({ logits }) }).run({}, 'logits')).toEqual({
    data: Float32Array.of(1, 2),
    dims: [1, 2],
  });
  await expect(graphOf({ run: () => Promise.reject(new Error('no')) }).run({}, 'logits')).rejects.toBe(failure);
});
