import { setMaxListeners } from 'node:events';
import { createInOrder, InvalidRequestError, type Result } from '@terrace/core';
import type { TextResult } from '@terrace/core/text';
import { createNodeRuntime, type NodeRuntime } from '../../create-node-runtime.js';
import { EXIT, exitCodeOf, exitCodeOfResult } from '../exit-code.js';
import { describeError, print, printJson, warn } from '../output.js';
import { readLines, type Line } from '../../store/files/read-lines.js';
import { describeResult } from '../describe-result.js';
import { describeTextResult } from '../describe-text.js';
import { readSettings, requestOf, runtimeOptions, type RequestFlags } from '../settings.js';
import { publicTextResult } from './run-text.js';

/** `terrace run`: one text, or `-` for one `{ text }` a line on standard input. */
export async function run(text: string, flags: RequestFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  // What was put off before is answered by others: this one ends soon.
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings, flags.calibration), reconcile: false });
  for (const warning of [...settings.warnings, ...runtime.models.warnings]) warn(warning);
  try {
    const ask = asking(runtime, flags);
    if (text === '-') return await runLines(ask, signal);
    const { result, shown, told } = await ask(text, signal);
    for (const event of result.trace) {
      if (event.kind === 'failed') warn(`${event.code} ${event.message} ${event.hint}`);
    }
    if (flags.json) printJson(shown);
    else print(told());
    return exitCodeOfResult(result);
  } finally {
    await runtime.close();
  }
}

/** One answer: what a program is shown of it, and what a person is told. */
interface Asked {
  readonly result: Pick<Result, 'verdict'> & Pick<Result | TextResult, 'trace'>;
  readonly shown: object;
  readonly told: () => string;
}
type Ask = (text: string, signal: AbortSignal) => Promise<Asked>;

function asking(runtime: NodeRuntime, flags: RequestFlags): Ask {
  const { task, ...request } = requestOf(flags);
  if (flags.task === 'text-generation') {
    return async (text, signal) => {
      // Its own parser says which flags are for labels only.
      const result = await runtime.run({ ...request, task: 'text-generation', text }, { signal });
      return { result, shown: publicTextResult(result), told: () => describeTextResult(result) };
    };
  }
  return async (text, signal) => {
    const result = await runtime.run({ ...request, ...(task && { task }), text }, { signal });
    return { result, shown: publicResult(result), told: () => describeResult(result) };
  };
}

/** Lines answered at a time: enough to fill every worker's batches. */
const AT_ONCE = 64;

type Answer = Asked | { readonly line: number; readonly error: unknown };

async function runLines(ask: Ask, signal: AbortSignal): Promise<number> {
  let answered = 0;
  const refusals: number[] = [];
  let degraded = false;
  // An idle input would keep the program from noticing that it should stop.
  signal.addEventListener('abort', () => process.stdin.destroy(), { once: true });
  const inOrder = createInOrder();
  const underWay: Promise<void>[] = [];
  const answer = async (line: Line): Promise<Answer> => {
    try {
      return await ask(textOf(line), signal);
    } catch (error) {
      signal.throwIfAborted();
      return { line: line.number, error };
    }
  };
  const report = (given: Answer): void => {
    if ('error' in given) {
      refusals.push(exitCodeOf(given.error));
      return print(JSON.stringify({ line: given.line, error: describeError(given.error) }));
    }
    degraded ||= given.result.verdict.degraded !== undefined;
    answered++;
    print(JSON.stringify(given.shown));
  };
  // Each request under way listens to it.
  setMaxListeners(0, signal);
  try {
    for await (const line of readLines(process.stdin)) {
      signal.throwIfAborted();
      const reported = inOrder('lines', () => answer(line)).then(report);
      reported.catch(() => undefined);
      underWay.push(reported);
      if (underWay.length >= AT_ONCE) await underWay.shift();
    }
    await Promise.all(underWay);
  } finally {
    // The runtime is closed next, and nothing may be running then.
    await Promise.allSettled(underWay);
  }
  // With no answer at all the device may be at fault and not the lines.
  if (answered === 0 && refusals.length > 0) return refusals.find((code) => code !== EXIT.badInput) ?? EXIT.badInput;
  return degraded ? EXIT.degraded : EXIT.answered;
}

/** @throws InvalidRequestError when the line is not `{ "text": ... }` */
function textOf(line: Line): string {
  if ('tooLong' in line) throw badLine('The line is too long.');
  let value: unknown;
  try {
    value = JSON.parse(line.text);
  } catch (cause) {
    throw badLine('The line is not JSON.', cause);
  }
  const text = typeof value === 'object' && value !== null ? (value as { text?: unknown }).text : undefined;
  if (typeof text !== 'string') throw badLine('The line has no "text".');
  return text;
}

function badLine(message: string, cause?: unknown): InvalidRequestError {
  return new InvalidRequestError({ message, hint: 'Write one {"text": "..."} a line.', cause });
}

/** What `--json` prints: the fields a program needs, in this order. */
function publicResult({ confidence, queued, ...result }: Result) {
  const { requestId, output, tier, placement, verdict, costUsd, sentBytes, trace } = result;
  const sure = { confidence: confidence ?? null, verdict };
  return { requestId, output, tier, placement, ...sure, costUsd, sentBytes, queued: queued ?? null, trace };
}
