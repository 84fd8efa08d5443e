import { bootstrapInterval, type Interval } from '../evaluate/bootstrap.js';
import type { Random } from '../ports/random.js';
import type { Cut, EconomyFacts } from './economy-facts.js';

/** One chat, asked whole and shortened. */
export interface ComparedChat {
  readonly whole: AskedChat;
  readonly short: AskedChat;
  readonly facts: EconomyFacts;
  /** Whether both answers say the same. */
  readonly agrees: boolean;
}

export interface AskedChat {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costUsd: number;
  /** Undefined where nobody knows what is right. */
  readonly right: boolean | undefined;
}

/** A mean with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval;
}

/** What shortening a set of chats saves, and what it does to their answers. */
export interface EconomyReport {
  readonly chats: number;
  readonly whole: Omit<AskedChat, 'right'>;
  readonly short: Omit<AskedChat, 'right'>;
  /** Of all input tokens. */
  readonly savedShare: Estimate;
  /** Tokens by what was cut. */
  readonly cut: Readonly<Partial<Record<Cut['kind'], number>>>;
  /** Whether they are guessed. */
  readonly estimated: boolean;
  /** Share of chats whose answers say the same both ways. */
  readonly agreement: Estimate;
  /** Of chats whose right answer is known; undefined without any. */
  readonly accuracy: Accuracy | undefined;
}

export interface Accuracy {
  readonly chats: number;
  readonly whole: number;
  readonly short: number;
  /** Shortened less whole, of the same chats. */
  readonly difference: Estimate;
}

/** @param rows not empty */
export function reportEconomy(rows: readonly ComparedChat[], random: Random): EconomyReport {
  const estimate = <T>(of: readonly T[], statistic: (some: readonly T[]) => number): Estimate => ({
    value: statistic(of),
    interval: bootstrapInterval(of, statistic, random),
  });
  const cut: Partial<Record<Cut['kind'], number>> = {};
  for (const { kind, tokens } of rows.flatMap(({ facts }) => facts.cut)) cut[kind] = (cut[kind] ?? 0) + tokens;
  const judged = rows.flatMap(({ whole, short }) =>
    whole.right === undefined || short.right === undefined ? [] : [{ whole: +whole.right, short: +short.right }],
  );
  return {
    chats: rows.length,
    whole: sumOf(rows.map(({ whole }) => whole)),
    short: sumOf(rows.map(({ short }) => short)),
    savedShare: estimate(rows, savedShare),
    cut,
    estimated: rows.some(({ facts: { before, after } }) => before.estimated || after.estimated),
    agreement: estimate(rows, (some) => mean(some.map(({ agrees }) => +agrees))),
    accuracy:
      judged.length === 0
        ? undefined
        : {
            chats: judged.length,
            whole: mean(judged.map(({ whole }) => whole)),
            short: mean(judged.map(({ short }) => short)),
            difference: estimate(judged, (some) => mean(some.map(({ whole, short }) => short - whole))),
          },
  };
}

const sumOf = (asked: readonly AskedChat[]): Omit<AskedChat, 'right'> => ({
  inputTokens: sum(asked.map(({ inputTokens }) => inputTokens)),
  outputTokens: sum(asked.map(({ outputTokens }) => outputTokens)),
  costUsd: sum(asked.map(({ costUsd }) => costUsd)),
});

function savedShare(rows: readonly ComparedChat[]): number {
  const before = sum(rows.map(({ whole }) => whole.inputTokens));
  return before === 0 ? 0 : 1 - sum(rows.map(({ short }) => short.inputTokens)) / before;
}

const sum = (values: readonly number[]): number => values.reduce((all, each) => all + each, 0);
const mean = (values: readonly number[]): number => sum(values) / values.length;
