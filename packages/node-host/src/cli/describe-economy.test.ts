import type { EconomyReport } from '@terrace/core/prompt';
import { expect, it } from 'vitest';
import { describeEconomy } from './describe-economy.js';

const report: EconomyReport = {
  chats: 2,
  whole: { inputTokens: 200, outputTokens: 8, costUsd: 0.002 },
  short: { inputTokens: 150, outputTokens: 4, costUsd: 0.001 },
  savedShare: { value: 0.25, interval: [0.2, 0.3] },
  cut: { whitespace: 10, context: 40 },
  estimated: false,
  agreement: { value: 0.5, interval: [0, 1] },
  accuracy: { chats: 2, whole: 1, short: 0.5, difference: { value: -0.5, interval: [-1, 0] } },
};

it('tells what is saved beside what it does to answers', () => {
  expect(describeEconomy(report).split('\n')).toEqual([
    '2 chats                                         whole      shortened  saved',
    'input tokens                                    200        150        25.0 % [20.0 %, 30.0 %]',
    '  of white space                                                      10',
    '  of turns with little to do with the last one                        40',
    'output tokens                                   8          4          4',
    'money                                           $0.002000  $0.001000  $0.001000',
    '',
    'same answer both ways: 50.0 % [0.0 %, 100.0 %]',
    'right answers: 100.0 % whole, 50.0 % shortened, of 2; difference -50.0 % [-100.0 %, 0.0 %]: no difference is seen',
  ]);
});

it('says where a loss is seen, where counts are guesses and where nobody knows what is right', () => {
  const lost = { ...report.accuracy!, difference: { value: -0.5, interval: [-0.9, -0.1] as const } };
  expect(describeEconomy({ ...report, accuracy: lost })).toContain('answered worse');
  const blind = describeEconomy({ ...report, estimated: true, accuracy: undefined });
  expect(blind).toContain('input tokens (guessed)');
  expect(blind).toContain('not known');
});
