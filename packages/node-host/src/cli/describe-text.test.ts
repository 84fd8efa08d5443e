import type { TextPlan, TextResult } from '@terrace/core/text';
import { exampleRemoteTextTier, exampleTextRung, exampleTextTier } from '@terrace/core/testing';
import { describe, expect, it } from 'vitest';
import { textResult } from '../server/testing/fake-text.js';
import { describeAnswer, describeTextPlan, describeTextResult } from './describe-text.js';

const answer = (changes: Partial<TextResult> = {}): TextResult => ({
  ...textResult(['Hello']),
  confidence: undefined,
  costUsd: 0,
  ...changes,
});

describe('an answer in text', () => {
  it('says who wrote it, where and how fast', () => {
    expect(describeAnswer(answer())).toBe('smol on this device · 2 tokens, 20.0 tokens/s');
  });

  it('says who went on, who was thrown away, how sure it is and what it took', () => {
    const { verdict } = answer();
    const told = describeAnswer(
      answer({
        tier: 'cloud',
        placement: 'cloud',
        path: ['smol', 'cloud'],
        confidence: 0.914,
        verdict: { ...verdict, kind: 'abstain', reason: 'confidence', degraded: 'offline' },
        costUsd: 0.00123,
        tokensPerSecond: undefined,
        trace: [{ kind: 'climb', from: 'tiny', to: 'smol', reason: 'confidence', gain: undefined, atMs: 3 }],
      }),
    );
    expect(told).toBe(
      [
        'smol -> cloud in the cloud',
        'instead of tiny',
        '2 tokens',
        '91.4 % likely right',
        'not sure enough: below the confidence that was asked for',
        'a tier that was wanted cannot be reached now',
        '$0.0012',
      ].join(' · '),
    );
  });

  it('is told with its calls and what happened, without what would draw on a terminal', () => {
    const told = describeTextResult({
      ...textResult(['He\u001b[31mllo'], {
        toolCalls: [{ id: '1', name: 'look', arguments: '{}' }],
        finishReason: 'tool-calls',
      }),
      trace: [
        { kind: 'shown', tier: 'smol', heldMs: 12, confidence: 0.5, atMs: 1 },
        { kind: 'handover', from: 'smol', to: 'cloud', reason: 'context', shownCharacters: 40, atMs: 2 },
      ],
    });
    expect(told).toContain('He[31mllo\nlook({})');
    expect(told).toMatch(/shown +12\.0 ms +smol: its first tokens, held back so long, 50\.0 % sure so far/);
    expect(told).toMatch(/handover +smol -> cloud, from character 40 on: its context is full/);
  });
});

it('a plan says who would write, and why not the others', () => {
  const plan: TextPlan = {
    ladder: [
      exampleTextRung(exampleTextTier('smol')),
      exampleTextRung(exampleRemoteTextTier('site-llm'), {
        costUsd: 0.002,
        basis: 'measured',
        contextTokens: Infinity,
      }),
    ],
    rejected: [{ tier: 'big', variant: 'q4', code: 'memory', message: 'it needs 9 GiB' }],
    catalogRevision: 'a',
    ladderRevision: undefined,
  };
  const told = describeTextPlan(plan);
  const nobody = describeTextPlan({ ...plan, ladder: [] });
  expect(nobody).toMatch(/^No tier can answer with text\.\n\nnot used\n/);
  expect(nobody).not.toContain('tokens/s');
  expect(told).toMatch(/\nsmol +q4 +device +1\.0 MiB +1024 +0\.00 ms +50\.0 ms +50\.0 +- +formula\n/);
  expect(told).toMatch(/\nsite-llm +- +site +- +- +- .*\$0\.0020 +this device\n/);
  expect(told).toMatch(/not used\n +big +q4 +memory +it needs 9 GiB$/);
});
