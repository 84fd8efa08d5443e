import { expect, it } from 'vitest';
import { goldenSchema } from './golden.js';
import { parseFile } from './parse.js';

const sound = {
  texts: ['a', 'b'],
  tokenIds: [[1], [1, 2]],
  embeddings: {
    nano: [
      [1, 0],
      [0, 1],
    ],
  },
};

it('reads texts, token ids and embeddings', () => {
  expect(parseFile(goldenSchema, sound, 'golden.json')).toEqual({ value: sound, warnings: [] });
});

it('keeps unknown fields out and names them', () => {
  const { value, warnings } = parseFile(goldenSchema, { ...sound, colour: 'red' }, 'golden.json');
  expect(value).toEqual(sound);
  expect(warnings).toEqual(['unknown field colour was ignored']);
});

it.each([
  ['embeddings.nano', { ...sound, embeddings: { nano: [[1, 0]] } }],
  ['tokenIds', { ...sound, tokenIds: [[1]] }],
  ['texts', { ...sound, texts: [] }],
  ['texts[1]', { ...sound, texts: ['a', ''] }],
  [
    'embeddings.nano[0][1]',
    {
      ...sound,
      embeddings: {
        nano: [
          [1, null],
          [0, 1],
        ],
      },
    },
  ],
])('refuses what is wrong at %s', (path, content) => {
  expect(() => parseFile(goldenSchema, content, 'golden.json')).toThrow(`golden.json is wrong at ${path}`);
});
