import { describe, expect, it } from 'vitest';
import type { PipelineReader } from './pipeline-reader.js';
import { readableTasks, readerOf } from './reader-of.js';

const reader = (task: string): PipelineReader => readerOf(task)!;
const read = (task: string, output: unknown, certainty?: number) => reader(task).read({ output, certainty });

const probabilities = (task: string, output: unknown): Record<string, number> => {
  const answer = read(task, output);
  if (answer.kind !== 'scores') throw new Error(answer.kind);
  return Object.fromEntries(answer.labels.map((label, at) => [label, Math.exp(answer.logProbs[at]!)]));
};

describe('labels with scores', () => {
  it.each(['image-classification', 'text-classification', 'audio-classification', 'zero-shot-image-classification'])(
    'of %s are a distribution over labels in their order',
    (task) => {
      const output = [
        { label: 'warm', score: 0.75 },
        { label: 'cold', score: 0.25 },
      ];
      expect(probabilities(task, output)).toEqual({ cold: expect.closeTo(0.25, 9), warm: expect.closeTo(0.75, 9) });
    },
  );

  it('of a zero-shot classification stand beside each other', () => {
    const output = { sequence: 'x', labels: ['b', 'a'], scores: [0.9, 0.1] };
    expect(probabilities('zero-shot-classification', output)).toEqual({
      a: expect.closeTo(0.1, 9),
      b: expect.closeTo(0.9, 9),
    });
  });

  it('that do not exclude each other are none', () => {
    const output = [
      { label: 'a', score: 0.9 },
      { label: 'b', score: 0.9 },
    ];
    expect(read('text-classification', output)).toMatchObject({
      kind: 'unusable',
      why: expect.stringContaining('1.80'),
    });
  });
});

describe('tokens', () => {
  it('are as sure as the least sure one, under the label of the surest entity', () => {
    const output = [
      { entity: 'O', score: 0.99 },
      { entity: 'B-LOC', score: 0.7 },
      { entity: 'B-PER', score: 0.9 },
    ];
    expect(read('token-classification', output)).toMatchObject({ kind: 'label', label: 'B-PER', confidence: 0.7 });
    expect(read('token-classification', [{ entity: 'O', score: 0.8 }])).toMatchObject({ label: 'O', confidence: 0.8 });
  });
});

describe('texts', () => {
  it('that answer a question come with their score', () => {
    expect(read('question-answering', { answer: 'here', score: 0.4 })).toMatchObject({
      label: 'here',
      confidence: 0.4,
    });
    expect(read('question-answering', [{ answer: 'here', score: 0.4 }])).toMatchObject({ label: 'here' });
  });

  it('that were heard are as sure as their tokens, where that is known', () => {
    expect(read('automatic-speech-recognition', { text: ' hello ' }, 0.8)).toMatchObject({
      label: 'hello',
      confidence: 0.8,
    });
    expect(read('automatic-speech-recognition', { text: '' })).toMatchObject({ label: '', confidence: undefined });
  });
});

describe('vectors', () => {
  it('have unit length', () => {
    const answer = read('feature-extraction', [[3, 4]]);
    expect(answer.kind === 'embedding' && [...answer.vector]).toEqual([expect.closeTo(0.6), expect.closeTo(0.8)]);
  });

  it('one a token are none of the text', () => {
    expect(
      read('feature-extraction', [
        [
          [1, 0],
          [0, 1],
        ],
      ]),
    ).toMatchObject({ kind: 'unusable' });
  });
});

describe('readers', () => {
  const rubbish = [
    undefined,
    null,
    0,
    '',
    'text',
    Number.NaN,
    [],
    {},
    [[]],
    [null],
    [1, 'b'],
    { text: 5 },
    { answer: 'x' },
    [{ label: 'a' }],
    [{ label: 1, score: 1 }],
    [
      { label: 'a', score: Number.NaN },
      { label: 'b', score: Number.NaN },
    ],
    [{ label: 'a', score: -1 }],
    [
      { label: 'a', score: 0.5 },
      { label: 'a', score: 0.5 },
    ],
    { labels: ['a'], scores: [] },
    { labels: 'a', scores: 'b' },
    [{ entity: 'O', score: Number.NaN }],
    { answer: 'x', score: Number.NaN },
    [0, 0],
    [Number.NaN, 1],
    [Infinity],
    [['a']],
  ];
  it.each(readableTasks())('of %s take rubbish for what it is', (task) => {
    for (const output of rubbish) {
      const { kind } = read(task, output);
      // A list of no tokens is a text without any.
      const isEmpty = task === 'token-classification' && Array.isArray(output) && output.length === 0;
      expect([kind, output]).toEqual([isEmpty ? 'label' : 'unusable', output]);
    }
  });

  it('ask pipelines for all labels, whatever the caller says', () => {
    expect(reader('image-classification').args([{ top_k: 1, other: 2 }])).toEqual([{ top_k: null, other: 2 }]);
    const labels = ['a', 'b'];
    expect(reader('zero-shot-classification').args([labels, { multi_label: true, hypothesis_template: '{}' }])).toEqual(
      [labels, { multi_label: false, hypothesis_template: '{}' }],
    );
    expect(reader('feature-extraction').args([{ pooling: 'cls' }])).toEqual([{ pooling: 'cls', normalize: true }]);
  });
});
