import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { differs } from './differs.js';
import { guardFeatures } from './guard-features.js';
import { createFeatureHash, HASHED_FEATURE } from './hash-features.js';
import { TRAPS } from './traps.js';

const secret = new Uint8Array(32).fill(7);
const hash = createFeatureHash(secret, () => {
  const running = createHash('sha256');
  return { update: (bytes) => void running.update(bytes), digest: () => running.digest('hex') };
});

describe('hashed features', () => {
  it('are those of HMAC-sha256, with the kind before', () => {
    const expected = createHmac('sha256', secret).update('paris').digest('hex').slice(0, 8);
    expect(hash(['wparis'])).toEqual([`w${expected}`]);
  });

  it('say nothing of the words, and differ by the same rules', () => {
    for (const { a, b } of TRAPS) {
      const [one, other] = [guardFeatures(a), guardFeatures(b)];
      expect(hash(one).every((feature) => HASHED_FEATURE.test(feature))).toBe(true);
      expect(differs(hash(one), hash(other))).toEqual(differs(one, other));
    }
  });
});
