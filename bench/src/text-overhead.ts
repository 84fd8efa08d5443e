import { createNodeTextEngine } from '@terrace/node-host';
import { printFigures, seededRandom, type Figure } from './report.js';
import { textJob, words, write } from './text-asks.js';
import { textModel } from './text-model.js';
import { RunTimes, type RunTime } from './text-run-times.js';

const CHATS = 4;
const TOKENS = 320;
/** So many runs are one of which is repeated. */
const EVERY = 4;
/** The token behind a repeated run is not looked at: its loop was held up, and what it had to do was done by then. */
const LOOKED_AT = EVERY - 1;
const MOST = 0.05;

interface Token {
  /** From the end of the run before to the end of its own. */
  readonly periodMs: number;
  readonly runMs: number;
  /** A run fed the same, between other such runs: the mean of those before and behind it. */
  readonly rawMs: number;
}

/** Figure 2 of texts in Node: what a token takes beside its graph, all of it measured in one session. */
export async function textOverhead(): Promise<void> {
  const model = await textModel();
  if (!model) return console.log('skipped: text overhead (TERRACE_TEXT_MODEL is not set)');
  const times = RunTimes.share(EVERY);
  const engine = createNodeTextEngine({ workerUrl: new URL('./text-timed-worker.js', import.meta.url) });
  const session = await engine.load(model);
  const random = seededRandom(7);
  await write(session, textJob(words(12, random), TOKENS));
  const tokens: Token[] = [];
  for (let chat = 0; chat < CHATS; chat++) {
    await write(session, textJob(words(12, random), TOKENS));
    // The first token comes of the prompt.
    tokens.push(...tokensOf(times.last(TOKENS - 1)));
  }
  await session.release();
  await engine.close();
  printFigures(`SmolLM2 q4, ${tokens.length} tokens of ${CHATS} chats, one at a time, told to their reader`, [
    overhead('a token over its own run of the graph', tokens, ({ runMs }) => runMs),
    overhead('a token over bare runs of the same session, fed the same', tokens, ({ rawMs }) => rawMs),
  ]);
}

function tokensOf(runs: readonly RunTime[]): Token[] {
  const repeated = runs.flatMap(({ againMs }, at) => (againMs > 0 ? [at] : []));
  return repeated.slice(1).flatMap((end, i) => {
    const rawMs = (runs[repeated[i]!]!.againMs + runs[end]!.againMs) / 2;
    return Array.from({ length: LOOKED_AT }, (_, back) => {
      const { startMs, endMs } = runs[end - back]!;
      return { periodMs: endMs - runs[end - back - 1]!.endMs, runMs: endMs - startMs, rawMs };
    });
  });
}

function overhead(name: string, tokens: readonly Token[], of: (token: Token) => number): Figure {
  const shares = tokens.map((token) => token.periodMs / of(token) - 1).toSorted((a, b) => a - b);
  const periods = tokens.map(({ periodMs }) => periodMs);
  const graphs = tokens.map(of);
  const [lower, median, upper] = [0.25, 0.5, 0.75].map((share) => shares[Math.floor(share * shares.length)]!);
  const ms = (values: readonly number[]): string =>
    `${values.toSorted((a, b) => a - b)[values.length >> 1]!.toFixed(2)}`;
  return {
    name,
    wanted: 'at most 5 %',
    measured: [
      `median ${percent(median!)} (quartiles ${percent(lower!)} and ${percent(upper!)})`,
      `all tokens together ${percent(sum(periods) / sum(graphs) - 1)}`,
      `medians ${ms(periods)} and ${ms(graphs)} ms`,
    ].join('; '),
    holds: median! <= MOST,
  };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
