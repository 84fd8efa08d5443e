import { createInOrder, InvalidRequestError, type RequestInput, type Result, type Runtime } from '@terrace/core';
import { createNodeRuntime } from '../../create-node-runtime.js';
import { EXIT, exitCodeOf, exitCodeOfResult } from '../exit-code.js';
import { describeError, print, printJson, warn } from '../output.js';
import { readLines, type Line } from '../../store/files/read-lines.js';
import { describeResult } from '../describe-result.js';
import { readSettings, requestOf, runtimeOptions, type RequestFlags } from '../settings.js';

/** `terrace run`: one text, or `-` for one `{ text }` a line on standard input. */
export async function run(text: string, flags: RequestFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  const runtime = await createNodeRuntime(runtimeOptions(settings, flags.calibration));
  for (const warning of [...settings.warnings, ...runtime.models.warnings]) warn(warning);
  try {
    const request = requestOf(flags);
    if (text === '-') return await runLines(runtime, request, signal);
    const result = await runtime.run({ ...request, text }, { signal });
    for (const event of result.trace) {
      if (event.kind === 'failed') warn(`${event.code} ${event.message} ${event.hint}`);
    }
    if (flags.json) printJson(publicResult(result));
    else print(describeResult(result));
    return exitCodeOfResult(result);
  } finally {
    await runtime.close();
  }
}

/** Lines answered at a time: enough to fill every worker's batches. */
const AT_ONCE = 64;

type Answer = { readonly result: Result } | { readonly line: number; readonly error: unknown };

async function runLines(runtime: Runtime, request: Omit<RequestInput, 'text'>, signal: AbortSignal): Promise<number> {
  let answered = 0;
  const refusals: number[] = [];
  let degraded = false;
  // An idle input would keep the program from noticing that it should stop.
  signal.addEventListener('abort', () => process.stdin.destroy(), { once: true });
  const inOrder = createInOrder();
  const underWay: Promise<void>[] = [];
  const report = (answer: Answer): void => {
    if ('error' in answer) {
      refusals.push(exitCodeOf(answer.error));
      return print(JSON.stringify({ line: answer.line, error: describeError(answer.error) }));
    }
    degraded ||= answer.result.verdict.degraded !== undefined;
    answered++;
    print(JSON.stringify(publicResult(answer.result)));
  };
  for await (const line of readLines(process.stdin)) {
    signal.throwIfAborted();
    const answer = inOrder('lines', async (): Promise<Answer> => {
      try {
        return { result: await runtime.run({ ...request, text: textOf(line) }, { signal }) };
      } catch (error) {
        signal.throwIfAborted();
        return { line: line.number, error };
      }
    });
    underWay.push(answer.then(report));
    if (underWay.length >= AT_ONCE) await underWay.shift();
  }
  await Promise.all(underWay);
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
function publicResult({ output, tier, placement, confidence, verdict, trace }: Result): object {
  return { output, tier, placement, confidence: confidence ?? null, verdict, trace };
}
