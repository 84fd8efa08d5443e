import { expect, it } from 'vitest';
import { CalibrationMismatchError } from '../../errors/calibration-mismatch-error.js';
import type { TextCalibration } from '../../catalog/text-calibration.js';
import { fakeSha } from '../../testing/example-catalog.js';
import { exampleRemoteTextTier, exampleTextCalibration, exampleTextTier } from '../../testing/example-text-tier.js';
import { readTextCalibration } from './read-text-calibration.js';
import { requireUnchanged, textIdentity } from './require-unchanged.js';

const small = exampleTextTier('small');
const large = exampleRemoteTextTier('large');
const template = { contentId: fakeSha('t'), id: 't', family: 'small', version: 1, system: 'Be brief.' };
const calibration: TextCalibration = {
  format: 1,
  kind: 'text',
  data: { fingerprint: fakeSha('data'), rows: 60 },
  tiers: [small, large].map((tier) => exampleTextCalibration(tier.id, textIdentity(tier))),
};

it('a calibration holds for the tiers it was made with, and says which are others now', () => {
  expect(() => requireUnchanged(calibration, [small, large])).not.toThrow();
  expect(() => requireUnchanged(calibration, [small])).not.toThrow();
  const weights = { ...small.variant.weights, sha256: fakeSha('others') };
  const others = { ...small, variant: { ...small.variant, weights } };
  expect(() => requireUnchanged(calibration, [others, small])).not.toThrow();
  expect(() => requireUnchanged(calibration, [others, large])).toThrow(CalibrationMismatchError);
  expect(() => requireUnchanged(calibration, [others, large])).toThrow('small has other weights');
  expect(() => requireUnchanged(calibration, [{ ...small, template }])).toThrow('small is asked by another template');
  const delta = { contentId: fakeSha('d'), id: 'd', domain: 'x', kind: 'prompt' as const, servedAs: {} };
  expect(() => requireUnchanged(calibration, [{ ...large, delta }])).toThrow('large has another delta');
});

it('a file that is none is refused', () => {
  const utf8 = new TextEncoder();
  expect(readTextCalibration(utf8.encode(JSON.stringify(calibration)))).toEqual(calibration);
  const wrong = [
    '',
    '{',
    '{}',
    JSON.stringify({ ...calibration, kind: undefined }),
    JSON.stringify({ ...calibration, tiers: [] }),
    JSON.stringify({ ...calibration, tiers: [{ ...calibration.tiers[0], whole: { features: ['mood'] } }] }),
    JSON.stringify({
      ...calibration,
      tiers: [{ ...calibration.tiers[0], whole: { ...calibration.tiers[0]!.whole, weights: [] } }],
    }),
  ];
  for (const text of wrong)
    expect(() => readTextCalibration(utf8.encode(text))).toThrow(expect.objectContaining({ code: 'INVALID_CATALOG' }));
});
