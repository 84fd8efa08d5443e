import { expect, it } from 'vitest';
import { seededRandom } from '../evaluate/seeded-random.js';
import { reportEconomy, type ComparedChat } from './economy-report.js';

function compared(inputTokens: number, right?: readonly [whole: boolean, short: boolean]): ComparedChat {
  const asked = { outputTokens: 2, costUsd: 0.5 };
  const count = (tokens: number) => ({ tokens, estimated: false });
  return {
    whole: { ...asked, inputTokens: 100, right: right?.[0] },
    short: { ...asked, inputTokens, costUsd: 0.25, right: right?.[1] },
    facts: {
      before: count(100),
      after: count(inputTokens),
      cut: [{ kind: 'turn', message: 0, tokens: 100 - inputTokens }],
    },
    agrees: inputTokens > 50,
  };
}

it('says what was saved and what it did to the answers', () => {
  const rows = [compared(40, [true, false]), compared(60, [true, true]), compared(80)];
  const report = reportEconomy(rows, seededRandom(1));
  expect(report).toMatchObject({
    chats: 3,
    whole: { inputTokens: 300, outputTokens: 6, costUsd: 1.5 },
    short: { inputTokens: 180, outputTokens: 6, costUsd: 0.75 },
    savedShare: { value: 0.4 },
    cut: { turn: 120 },
    estimated: false,
    agreement: { value: 2 / 3 },
    accuracy: { chats: 2, whole: 1, short: 0.5, difference: { value: -0.5, interval: [-1, 0] } },
  });
  const [low, high] = report.savedShare.interval;
  expect(low).toBeLessThan(0.4);
  expect(high).toBeGreaterThan(0.4);
});

it('claims nothing of what is right where nobody knows', () => {
  expect(reportEconomy([compared(100)], seededRandom(1))).toMatchObject({
    accuracy: undefined,
    savedShare: { value: 0, interval: [0, 0] },
  });
});
