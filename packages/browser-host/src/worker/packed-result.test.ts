import type { Result } from '@terrace/core';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPacker, createUnpacker } from './packed-result.js';

const unpacked = createUnpacker();
const resultWith = (answer: Result['answer']): Result => ({ requestId: 'r', answer }) as Result;

it('comes out as it went in, whatever the labels are', () => {
  const pack = createPacker();
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (labels) => {
      const result = resultWith({ kind: 'scores', labels, logProbs: new Float64Array(labels.length) });
      expect(unpacked(structuredClone(pack(result)))).toEqual(result);
      expect(unpacked(structuredClone(pack(result)))).toEqual(result);
    }),
  );
  const odd = resultWith({ kind: 'scores', labels: ['a\nb', ''], logProbs: new Float64Array(2) });
  expect(unpacked(pack(odd))).toEqual(odd);
});

it('crosses as one text', () => {
  const packed = createPacker()(resultWith({ kind: 'scores', labels: ['a', 'b'], logProbs: new Float64Array(2) }));
  expect(packed.answer).toMatchObject({ labels: 'a\nb' });
});

it('leaves other answers as they are', () => {
  const label = resultWith({ kind: 'label', labels: ['a'], label: 'a', confidence: undefined });
  expect(unpacked(createPacker()(label))).toEqual(label);
});

it('gives results with the same labels the same list of them', () => {
  const pack = createPacker();
  const labels = ['a', 'b'];
  const cross = (): Result =>
    unpacked(structuredClone(pack(resultWith({ kind: 'scores', labels, logProbs: new Float64Array(2) }))));
  const [one, two] = [cross(), cross()];
  expect(one.answer).toEqual({ kind: 'scores', labels, logProbs: new Float64Array(2) });
  expect((two.answer as { labels: unknown }).labels).toBe((one.answer as { labels: unknown }).labels);
});
