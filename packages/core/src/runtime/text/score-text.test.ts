import { expect, it } from 'vitest';
import { StructureUnmetError } from '../../errors/structure-unmet-error.js';
import type { TextStep } from './text-step.js';
import type { TextResult } from './text-result.js';
import { scoreText } from './score-text.js';

const question = (content: string, answer: string) => ({
  messages: [{ role: 'user' as const, content }],
  answers: [answer],
  format: { kind: 'text' as const },
});

it('says of every answer of every tier what is known, and whether it is right', async () => {
  const asked: unknown[] = [];
  const runtime = {
    async *stream(input: { policy?: string; messages?: readonly { content: string }[] }) {
      asked.push(input.policy);
      if (input.messages![0]!.content === 'json?') throw new StructureUnmetError({ message: 'x', hint: 'y' });
      const text = input.policy === 'small' ? 'It is Rome.' : 'Paris';
      yield { kind: 'text', choice: 0, text, tier: 'small', logProbs: [-1, -2] } as TextStep;
      yield { kind: 'text', choice: 0, text: '', tier: 'small', logProbs: [-9] } as TextStep;
      const choices = [{ role: 'assistant', text, toolCalls: [], finishReason: 'stop' }];
      const result = { output: { kind: 'text', choices }, features: { logProbMean: -4, finished: 1 } };
      yield { kind: 'result', result } as unknown as TextStep;
      return result as unknown as TextResult;
    },
    run: async () => ({ output: { choices: [{ text: 'paris' }, { text: 'Rome' }] } }) as unknown as TextResult,
  };
  const rows = await scoreText({
    runtime: runtime as never,
    questions: [question('capital?', 'Paris'), question('json?', '{}')],
    tiers: ['small', 'large'],
    domain: undefined,
    judge: 'contains',
    maxTokens: 8,
    firstTokens: 2,
    sampled: ['large'],
    signal: new AbortController().signal,
  });
  expect(asked).toEqual(['small', 'large', 'small', 'large']);
  expect([...rows.keys()]).toEqual(['small', 'large']);
  // Rows of all tiers are those of the same questions.
  expect([...rows.values()].map((each) => each.map((row) => row?.right))).toEqual([
    [false, undefined],
    [true, undefined],
  ]);
  const [row] = rows.get('large')!;
  expect(row).toMatchObject({ right: true, whole: { logProbMean: -4, finished: 1, agreement: 0.5 } });
  expect(row!.early).toMatchObject({ logProbMin: -2, logProbMean: -1.5, logProbFirst: -1 });
  expect(row!.early).not.toHaveProperty('finished');
  expect(row!.isShort).toBe(false);
});
