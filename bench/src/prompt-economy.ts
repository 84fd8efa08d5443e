import { reportEconomy, parseEconomy, trimChat, type ComparedChat } from '@terrace/core/prompt';
import type { ChatMessage, TextSession } from '@terrace/core/generate';
import { isRight } from '@terrace/core/text';
import { createNodeTextEngine } from '@terrace/node-host';
import { printFigures, seededRandom } from './report.js';
import { textJob, write, type Written } from './text-asks.js';
import { textModel } from './text-model.js';
import { mailChats } from './thrifty-chats.js';

const CHATS = 200;
const MAX_TOKENS = 12;
const ECONOMY = parseEconomy({ whitespace: true, boilerplate: true });

/** What shorter chats save of a tier's tokens, counted by its own tokenizer, and what that does to its answers. */
export async function promptEconomy(): Promise<void> {
  const model = await textModel();
  if (!model) return console.log('skipped: prompt economy (TERRACE_TEXT_MODEL is not set)');
  const engine = createNodeTextEngine();
  const session = await engine.load(model);
  const rows: ComparedChat[] = [];
  const trimMs: number[] = [];
  let wrongCounts = 0;
  for (const { messages, answer, choices } of mailChats(CHATS, seededRandom(3))) {
    const startMs = performance.now();
    const { messages: short, facts } = await trimChat({
      messages,
      tools: [],
      economy: ECONOMY,
      count: counter(session),
    });
    trimMs.push(performance.now() - startMs);
    const [asked, shortened] = [await ask(session, messages, choices), await ask(session, short, choices)];
    const counts = [facts.before.tokens, facts.after.tokens];
    const read = [asked.usage.inputTokens, shortened.usage.inputTokens];
    wrongCounts += counts.filter((tokens, at) => tokens !== read[at]).length;
    rows.push({
      whole: told(asked, answer),
      short: told(shortened, answer),
      facts,
      agrees: isRight(textOf(shortened), [textOf(asked)], 'exact'),
    });
  }
  const { savedShare, agreement, accuracy, whole, short } = reportEconomy(rows, seededRandom(5));
  const { value, interval } = accuracy!.difference;
  printFigures(`Prompt economy, ${CHATS} chats of mails, white space and repeated passages, ${model.modelId}`, [
    {
      name: 'input tokens saved',
      wanted: 'at least 30 %',
      measured: `${percent(savedShare.value)} ${between(savedShare.interval)}, ${whole.inputTokens} to ${short.inputTokens}; counting and cutting ${(trimMs.reduce((a, b) => a + b) / CHATS).toFixed(1)} ms a chat`,
      holds: savedShare.value >= 0.3,
    },
    {
      name: 'right answers',
      wanted: 'no loss that is seen: the paired interval reaches 0',
      measured: `${percent(accuracy!.whole)} whole, ${percent(accuracy!.short)} shortened, difference ${percent(value)} ${between(interval)}; the same words both ways ${percent(agreement.value)} ${between(agreement.interval)}`,
      holds: interval[1] >= 0,
    },
    {
      name: "counts beside what the tier's own runs have read",
      wanted: 'equal, all of them',
      measured: `${2 * CHATS - wrongCounts} of ${2 * CHATS}`,
      holds: wrongCounts === 0,
    },
  ]);
  await session.release();
  await engine.close();
}

const counter =
  (session: TextSession) =>
  async ({ messages }: { readonly messages: readonly ChatMessage[] }) => {
    const tokens = await session.countTokens({ messages, tools: [], prefix: '', chatTemplate: undefined });
    return { tokens, estimated: false };
  };

/** Chosen from a few words, so that a small model answers at all. */
const ask = (session: TextSession, messages: readonly ChatMessage[], values: readonly string[]): Promise<Written> => {
  const job = textJob('', MAX_TOKENS);
  const generation = { ...job.generation, logitBias: {}, format: { kind: 'enum' as const, values } };
  return write(session, { ...job, messages, generation });
};

const textOf = ({ choices }: Written): string => choices[0]!.text;
const told = (written: Written, answer: string): ComparedChat['whole'] => ({
  inputTokens: written.usage.inputTokens,
  outputTokens: written.usage.outputTokens,
  costUsd: 0,
  right: isRight(textOf(written), [answer], 'contains'),
});

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const between = ([low, high]: readonly [number, number]): string => `[${percent(low)}, ${percent(high)}]`;
