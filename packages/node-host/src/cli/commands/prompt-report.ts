import { createRuntime, InvalidRequestError, type Runtime } from '@terrace/core';
import {
  createEmbed,
  parseEconomy,
  reportEconomy,
  withPromptEconomy,
  type ComparedChat,
  type Economy,
} from '@terrace/core/prompt';
import {
  isRight,
  type AnswerJudge,
  type TextRequestInput,
  type TextResult,
  type TextRuntime,
} from '@terrace/core/text';
import { nodeProbe } from '../../create-node-runtime.js';
import { createNodeEngine } from '../../engine/node-engine.js';
import { createUndiciFetch } from '../../remote/undici-fetch.js';
import { openModelFolders, type ModelFolders } from '../../store/catalog/model-folders.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { readChats, type KnownChat } from '../../store/files/read-chats.js';
import { systemClock } from '../../system-clock.js';
import { shareMemory } from '../../text/share-memory.js';
import { describeEconomy } from '../describe-economy.js';
import { print, printJson } from '../output.js';
import { startProgress } from '../progress.js';
import { readSettings, type GlobalFlags, type Settings } from '../settings.js';
import { NO_LEDGER, openText, seeded } from './calibrate-text.js';
import { addedModels } from './models-catalog.js';

export interface PromptReportFlags extends GlobalFlags {
  readonly set: string;
  readonly tier?: string;
  readonly economy?: string;
  readonly judge?: AnswerJudge;
  readonly maxTokens?: number;
  readonly every?: number;
}

const MAX_TOKENS = 64;
const CUTS: Economy = { whitespace: true, boilerplate: true };

/** `terrace prompt report`: what shorter chats save, and what that does to the answers. */
export async function promptReport(flags: PromptReportFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  const economy = flags.economy === undefined ? CUTS : readEconomy(flags.economy);
  const chats = await readChats(flags.set, flags.every);
  const folders = await openModelFolders({
    shipped: settings.models,
    added: addedModels(settings),
    fetcher: await openFetcher(settings),
    requireSignatures: settings.requireSignatures,
  });
  const network = createUndiciFetch();
  const text = openText(folders, settings, network.fetch);
  const encoders = economy.relevance ? openEncoders(folders, settings, text) : undefined;
  const runtime = withPromptEconomy(text, { count: text.count, embed: encoders && createEmbed(encoders) });
  const progress = startProgress('asking each chat whole and shortened');
  const { tier: policy, maxTokens = MAX_TOKENS, judge = 'contains' } = flags;
  try {
    const rows: ComparedChat[] = [];
    for (const chat of chats) {
      // What was asked before is cheaper then, and no answer is drawn: both ways differ by their chats alone.
      const input: TextRequestInput = { ...inputOf(chat), generation: { maxTokens }, ...(policy && { policy }) };
      const whole = await runtime.run(input, { signal });
      const short = await runtime.run({ ...input, economy }, { signal });
      rows.push(compare(chat, whole, short, judge));
      progress.update(rows.length, chats.length);
    }
    progress.end();
    const report = reportEconomy(rows, seeded());
    if (flags.json) printJson(report);
    else print(describeEconomy(report));
    return 0;
  } finally {
    progress.end();
    await runtime.close();
    await encoders?.close();
    await network.close();
  }
}

/** Beside the models that write: of the same folders, and under one limit of memory with them. */
function openEncoders(
  folders: ModelFolders,
  { home, memoryBytes }: Settings,
  { memory }: Pick<TextRuntime, 'memory'>,
): Runtime {
  const ceiling = memoryBytes === undefined ? {} : { memoryCeilingBytes: memoryBytes };
  const probe = nodeProbe({ home, clock: systemClock, memoryBytes });
  return createRuntime({
    catalog: folders,
    store: folders,
    ledger: NO_LEDGER,
    clock: systemClock,
    random: Math.random,
    ...ceiling,
    ...shareMemory({ engine: createNodeEngine(), probe, text: memory, memoryCeilingBytes: memoryBytes }),
  });
}

/** @throws InvalidRequestError */
function readEconomy(text: string): Economy {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InvalidRequestError({
      message: 'What --economy says is no JSON.',
      hint: `Write such as --economy '{"whitespace":true,"oldestTurns":true,"maxInputTokens":800}'.`,
    });
  }
  return parseEconomy(json);
}

const inputOf = ({ messages, tools }: KnownChat): TextRequestInput => ({ task: 'text-generation', messages, tools });

function compare({ answers }: KnownChat, whole: TextResult, short: TextResult, judge: AnswerJudge): ComparedChat {
  const asked = ({ usage, costUsd, output }: TextResult) => ({
    inputTokens: usage.inputTokens,
    outputTokens: usage.outputTokens,
    costUsd,
    right: answers && isRight(output.choices[0]!.text, answers, judge),
  });
  const agrees = isRight(short.output.choices[0]!.text, [whole.output.choices[0]!.text], 'exact');
  return { whole: asked(whole), short: asked(short), facts: short.economy!, agrees };
}
