import { expect, it } from 'vitest';
import { exampleRemoteTextTier } from '../../testing/example-text-tier.js';
import { rateRemoteText, type TextGiven } from './rate-text.js';

it('how much an endpoint reads is known to nobody', () => {
  const given = {
    requirements: { promptTokens: 512, maxTokens: 256, n: 1 },
    speeds: new Map(),
  } as unknown as TextGiven;
  expect(rateRemoteText(exampleRemoteTextTier('site-llm'), given).contextTokens).toBe(Infinity);
});
