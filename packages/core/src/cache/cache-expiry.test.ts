import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../testing/fake-clock.js';
import { createAges } from './cache-expiry.js';

const DAY_MS = 86_400_000;
const NOW = 1_700_000_000_000;
const dated = (storedAtWallMs: number, lifeMs: number) => ({
  key: 'k',
  storedAtWallMs,
  expiresAtWallMs: storedAtWallMs + lifeMs,
});

describe('the age of an answer', () => {
  it.each([
    ['new', dated(NOW, 10), 0],
    ['old', dated(NOW - 9, 10), 9],
    ['over', dated(NOW - 10, 10), undefined],
    ['from the future', dated(NOW + 1, 10), undefined],
    ['as long as allowed', dated(NOW, DAY_MS), 0],
    ['longer than anything may live', dated(NOW, DAY_MS + 1), undefined],
    ['backwards', dated(NOW, -1), undefined],
    ['no number', { key: 'k', storedAtWallMs: Number.NaN, expiresAtWallMs: NOW + 1 }, undefined],
    ['without an end', { key: 'k', storedAtWallMs: NOW, expiresAtWallMs: Infinity }, undefined],
  ])('%s', (_, answer, expected) => {
    expect(createAges(createFakeClock({ wallMs: NOW })).ageOf(answer, DAY_MS)).toBe(expected);
  });

  it('of one that was seen goes on by the steady clock, unless it was kept anew', () => {
    const clock = createFakeClock({ wallMs: NOW });
    let backMs = 0;
    const ages = createAges({ nowMs: clock.nowMs, wallMs: () => clock.wallMs() - backMs });
    const answer = dated(NOW - 100, 1000);
    expect(ages.ageOf(answer, DAY_MS)).toBe(100);
    clock.advance(500);
    backMs = 550;
    expect(ages.ageOf(answer, DAY_MS)).toBe(600);
    clock.advance(400);
    expect(ages.ageOf(answer, DAY_MS)).toBeUndefined();
    expect(ages.ageOf(dated(NOW, 1000), DAY_MS)).toBe(350);
  });
});
