import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../judge/risk-control.js';
import { climbsUnseen, keepsGoing } from './early.js';
import { judgeText, textThreshold } from './judge-text.js';
import type { TextConfidence, TextSigns } from './text-features.js';

const sure = (confidence: number | undefined): TextConfidence => ({
  confidence,
  calibrated: confidence !== undefined,
  features: {},
});
const certificate = { threshold: 0.8 } as Certificate;

function verdict(
  confidence: number | undefined,
  demand: { minConfidence?: number; maxRisk?: number } = {},
  more: { signs?: Partial<TextSigns>; certificate?: Certificate; finishReason?: 'stop' | 'content-filter' } = {},
) {
  const judged = judgeText({
    confidence: sure(confidence),
    signs: { valid: undefined, checked: undefined, agreement: undefined, ...more.signs },
    finishReason: more.finishReason ?? 'stop',
    demand: { minConfidence: demand.minConfidence, maxRisk: demand.maxRisk },
    certificate: more.certificate,
  });
  return judged.kind === 'accept' ? 'accept' : judged.reason;
}

describe('a whole answer', () => {
  it('is good enough where nothing is demanded and nothing speaks against it', () => {
    expect(verdict(undefined)).toBe('accept');
    expect(verdict(0.1)).toBe('accept');
  });

  it('is none that its schema, a check or a filter says no to, however sure it is', () => {
    expect(verdict(0.99, {}, { signs: { valid: false } })).toBe('confidence');
    expect(verdict(0.99, {}, { signs: { checked: 0.49 } })).toBe('confidence');
    expect(verdict(0.99, {}, { signs: { checked: 0.5 } })).toBe('accept');
    expect(verdict(0.99, {}, { finishReason: 'content-filter' })).toBe('confidence');
  });

  it('is as sure as is demanded, or certified, or goes to the next', () => {
    expect(verdict(0.7, { minConfidence: 0.7 })).toBe('accept');
    expect(verdict(0.69, { minConfidence: 0.7 })).toBe('confidence');
    expect(verdict(undefined, { minConfidence: 0.7 })).toBe('uncertified');
    expect(verdict(0.9, { maxRisk: 0.1 })).toBe('uncertified');
    expect(verdict(0.9, { maxRisk: 0.1 }, { certificate })).toBe('accept');
    expect(verdict(0.79, { maxRisk: 0.1 }, { certificate })).toBe('risk');
    expect(verdict(0.85, { maxRisk: 0.1, minConfidence: 0.9 }, { certificate })).toBe('confidence');
    expect(verdict(undefined, { maxRisk: 0.1 }, { certificate })).toBe('uncertified');
  });

  it('has the stricter of both thresholds', () => {
    expect(textThreshold(undefined, undefined)).toBeUndefined();
    expect(textThreshold(0.5, certificate)).toBe(0.8);
    expect(textThreshold(0.9, certificate)).toBe(0.9);
  });
});

describe('an answer that has begun', () => {
  const next = { calibration: { accuracy: 0.9 }, firstTokenMs: 100, costUsd: 0.01 };
  const begun = (confidence: number | undefined, changes: object = {}): boolean =>
    climbsUnseen({ early: sure(confidence), threshold: 0.6, valueUsd: 0, leftMs: 1000, next, ...changes });

  it('is begun anew by the next tier where it is too unsure, and there is time', () => {
    expect(begun(0.5)).toBe(true);
    expect(begun(0.6)).toBe(false);
    expect(begun(0.5, { leftMs: 99 })).toBe(false);
    expect(begun(undefined)).toBe(false);
    expect(begun(0.1, { threshold: undefined })).toBe(false);
  });

  it('or where what the next one adds is worth its price', () => {
    expect(begun(0.7, { valueUsd: 0.06 })).toBe(true);
    expect(begun(0.7, { valueUsd: 0.04 })).toBe(false);
    expect(begun(0.87, { valueUsd: 1e6 })).toBe(false);
    expect(begun(0.7, { valueUsd: 1, next: { ...next, calibration: undefined } })).toBe(false);
  });

  it('goes on while it is sure enough', () => {
    expect(keepsGoing(sure(0.5), 0.6)).toBe(false);
    expect(keepsGoing(sure(0.6), 0.6)).toBe(true);
    expect(keepsGoing(sure(undefined), 0.6)).toBe(true);
    expect(keepsGoing(sure(0), undefined)).toBe(true);
  });
});
