import { expect, it } from 'vitest';
import { feedbackEntry, outcomeEntry } from '../../testing/ledger-contract.js';
import { createMemoryLedger } from '../../testing/memory-ledger.js';
import { teacherNoise } from './teacher-noise.js';

const climb = { stage: 'continue', path: 'nano', chosen: 'base', alternatives: { base: 1 }, confidence: 0.4 } as const;
const stop = { stage: 'continue', path: 'nano', chosen: 'accept', alternatives: { accept: 1 }, confidence: 1 } as const;

it('learns from what people say of answers after a climb how often a tier is wrong, from one in ten on', async () => {
  const ledger = createMemoryLedger();
  const answer = async (n: number, right: boolean, decisions: readonly (typeof climb | typeof stop)[]) => {
    const of = { requestId: `r${n}`, domain: 'bank', tier: 'base', decisions };
    await ledger.append([outcomeEntry(of), feedbackEntry({ requestId: `r${n}`, right })]);
  };
  for (let n = 0; n < 10; n++) await answer(n, n >= 5, [climb, stop]);
  for (let n = 10; n < 90; n++) await answer(n, false, [stop]);
  const noise = await teacherNoise({ ledger, domain: 'bank', nowWallMs: 1.7e12 });
  expect(noise('base')).toBeCloseTo((1 + 5) / (10 + 10), 9);
  expect(noise('cloud')).toBe(0.1);
  expect(noise(undefined)).toBe(0.1);
});
