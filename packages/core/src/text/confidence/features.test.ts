import { describe, expect, it } from 'vitest';
import { exampleTextCalibration } from '../../testing/example-text-tier.js';
import { featuresOf } from './features.js';
import { textConfidence } from './text-confidence.js';

const unknown = { valid: undefined, checked: undefined, agreement: undefined };
const pieces = [{ logProbs: [-1, -0.5] }, { logProbs: [] }, { logProbs: [-3] }];

describe('what is known of an answer', () => {
  it('are quantiles of its tokens, its length, its end and what others say of it', () => {
    const signs = { valid: true, checked: 0.7, agreement: 0.5 };
    expect(featuresOf({ pieces, end: { finishReason: 'stop' }, signs })).toEqual({
      logProbQ10: -3,
      logProbQ50: -1,
      logProbMin: -3,
      logProbMean: -1.5,
      logProbFirst: -1,
      logTokens: Math.log(4),
      finished: 1,
      valid: 1,
      checked: 0.7,
      agreement: 0.5,
    });
  });

  it('is nothing of tokens where nobody tells of them, and nothing of an end that is still to come', () => {
    expect(featuresOf({ pieces: [{ logProbs: [] }], end: undefined, signs: unknown })).toEqual({});
    expect(featuresOf({ pieces: [], end: { finishReason: 'length' }, signs: { ...unknown, valid: false } })).toEqual({
      finished: 0,
      valid: 0,
    });
  });

  it('is a claim only where a calibration is', () => {
    const features = featuresOf({ pieces, end: undefined, signs: unknown });
    expect(textConfidence(features, undefined, 'whole')).toEqual({
      confidence: undefined,
      calibrated: false,
      features,
    });
    const { early: _, ...late } = exampleTextCalibration('small');
    expect(textConfidence(features, late, 'early').confidence).toBeUndefined();
    expect(textConfidence(features, late, 'whole').confidence).toBeCloseTo(1 / (1 + Math.exp(2)), 12);
    expect(textConfidence({ logProbMean: -1e9 }, late, 'whole').confidence).toBe(0);
  });
});
