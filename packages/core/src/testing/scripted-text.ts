import { EngineError } from '../errors/engine-error.js';
import type { TextJob } from '../ports/text-engine.js';
import type { TextChoice, TextEnd, TextPiece } from '../tasks/text-generation/text-output.js';

/** How somebody writes who knows beforehand what. Everything may be left out. */
export interface Script {
  /** What is written to a job, all of it or, of a job with a prefix that it begins with, the rest; word by word. */
  readonly answers?: string | ((job: TextJob, choice: number) => string);
  /** Words of each choice that one turn brings; 1 by default. */
  readonly tokensPerTurn?: number;
  /** Natural log of P of the token at this place; -0.1 by default. */
  readonly logProbs?: number | ((index: number, choice: number) => number);
  /** Breaks after so many tokens of a choice: `0` before the first one. */
  readonly failAfter?: number;
  /** What it breaks with; EngineError by default. */
  readonly failure?: Error;
  /** Awaited before each turn, from 0: how long it takes, or how it fails. */
  readonly onTurn?: (turn: number, job: TextJob, signal: AbortSignal | undefined) => void | Promise<void>;
  readonly finishReason?: TextChoice['finishReason'];
}

/** What became of one scripted run. */
export interface ScriptedRun {
  readonly job: TextJob;
  /** Tokens of the first choice that were written. */
  written: number;
  state: 'writing' | 'over' | 'failed' | 'cancelled';
}

/** Words with the space before them: what the tokens of a script are. */
const wordsOf = (text: string): string[] => text.match(/\s*\S+|\s+$/g) ?? [];

/** Pieces of a script; whoever leaves the loop or aborts has cancelled it. One turn is written each time it is asked. */
export async function* writeScript(
  script: Script,
  job: TextJob,
  signal: AbortSignal | undefined,
  run: ScriptedRun,
): AsyncGenerator<readonly TextPiece[], TextEnd> {
  const { answers = 'one two three', tokensPerTurn = 1, failAfter = Infinity, onTurn } = script;
  const { n, maxTokens, topLogProbs } = job.generation;
  const whole = Array.from({ length: n }, (_, choice) =>
    wordsOf(rest(typeof answers === 'string' ? answers : answers(job, choice), job.prefix)),
  );
  const words = whole.map((all) => all.slice(0, maxTokens));
  const longest = Math.max(...words.map(({ length }) => length));
  const logProbOf = (index: number, choice: number): number => {
    const { logProbs = -0.1 } = script;
    return typeof logProbs === 'number' ? logProbs : logProbs(index, choice);
  };
  try {
    for (let from = 0, turn = 0; from < longest || turn === 0; from += tokensPerTurn, turn++) {
      signal?.throwIfAborted();
      await onTurn?.(turn, job, signal);
      signal?.throwIfAborted();
      if (from >= failAfter) throw script.failure ?? broken(from);
      const to = Math.min(from + tokensPerTurn, failAfter);
      const pieces = words.flatMap((all, choice): TextPiece[] => {
        const taken = all.slice(from, to);
        if (taken.length === 0) return [];
        const logProbs = taken.map((_, i) => logProbOf(from + i, choice));
        const told = taken.map((token, i) => ({ token, logProb: logProbs[i]!, top: [] }));
        return [{ choice, text: taken.join(''), logProbs, ...(topLogProbs !== undefined && { tokens: told }) }];
      });
      run.written = Math.min(to, words[0]!.length);
      if (pieces.length > 0) yield pieces;
    }
    run.state = 'over';
  } catch (error) {
    run.state = signal?.aborted === true ? 'cancelled' : 'failed';
    throw error;
  } finally {
    if (run.state === 'writing') run.state = 'cancelled';
  }
  const outputTokens = words.reduce((sum, { length }) => sum + length, 0);
  return {
    choices: words.map((all, i) => ({
      role: 'assistant',
      text: all.join(''),
      toolCalls: [],
      finishReason: all.length < whole[i]!.length ? 'length' : (script.finishReason ?? 'stop'),
    })),
    usage: { inputTokens: inputTokens(job), cachedTokens: 0, outputTokens },
    trimmedMessages: 0,
    timings: { queuedMs: 0, prefillMs: 1, decodeMs: outputTokens },
  };
}

/** Words of a chat, and two for the frame of each message. */
export const inputTokens = ({ messages, prefix }: Pick<TextJob, 'messages' | 'prefix'>): number =>
  messages.reduce((sum, { content }) => sum + wordsOf(content).length + 2, wordsOf(prefix).length);

const rest = (answer: string, prefix: string): string =>
  answer.startsWith(prefix) ? answer.slice(prefix.length) : answer;

const broken = (tokens: number): EngineError =>
  new EngineError({ message: `The script breaks after ${tokens} tokens.`, hint: 'Look at what the test asked for.' });
