import type { Cut, EconomyReport, Estimate } from '@terrace/core/prompt';
import { percent, table } from './output.js';

const NAMES: Readonly<Record<Cut['kind'], string>> = {
  whitespace: 'white space',
  boilerplate: 'passages that are repeated',
  context: 'turns with little to do with the last one',
  turn: 'oldest turns',
};

/** What shorter chats save, for people. */
export function describeEconomy({ chats, whole, short, savedShare, cut, ...report }: EconomyReport): string {
  const { estimated, agreement, accuracy } = report;
  const cuts = (Object.entries(cut) as [Cut['kind'], number][]).map(([kind, tokens]) => [
    `  of ${NAMES[kind]}`,
    '',
    '',
    `${tokens}`,
  ]);
  const rows = [
    [`${chats} chats`, 'whole', 'shortened', 'saved'],
    [
      `input tokens${estimated ? ' (guessed)' : ''}`,
      `${whole.inputTokens}`,
      `${short.inputTokens}`,
      estimate(savedShare),
    ],
    ...cuts,
    ['output tokens', `${whole.outputTokens}`, `${short.outputTokens}`, `${whole.outputTokens - short.outputTokens}`],
    ['money', usd(whole.costUsd), usd(short.costUsd), usd(whole.costUsd - short.costUsd)],
  ];
  const lines = [table(rows), '', `same answer both ways: ${estimate(agreement)}`];
  if (!accuracy) return [...lines, 'right answers: not known; give "answers" in the set'].join('\n');
  const { difference } = accuracy;
  return [
    ...lines,
    `right answers: ${percent(accuracy.whole)} whole, ${percent(accuracy.short)} shortened, of ${accuracy.chats}; difference ${estimate(difference)}: ${verdictOn(difference)}`,
  ].join('\n');
}

function verdictOn({ interval: [low, high] }: Estimate): string {
  if (high < 0) return 'shorter chats are answered worse';
  if (low > 0) return 'shorter chats are answered better';
  return 'no difference is seen';
}

const estimate = ({ value, interval: [low, high] }: Estimate): string =>
  `${percent(value)} [${percent(low)}, ${percent(high)}]`;
const usd = (value: number): string => `$${value.toFixed(6)}`;
