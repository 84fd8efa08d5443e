import { createNodeTextEngine } from '@terrace/node-host';
import type { TextModel, TextSession } from '@terrace/core/generate';
import type { Figure } from './report.js';
import { textJob, words, write } from './text-asks.js';
import { clockMs, RunTimes } from './text-run-times.js';

/** Cancels of a chat that is alone, and of eight whose readers leave together. */
const ALONE = 64;
const TOGETHER = 12;
const ROWS = 8;
/** Tokens of a stream before its cancel, and those of them whose length is looked at. */
const WRITTEN = 40;
const LOOKED_AT = 24;
/** Room for eight of them at once. */
const ANSWER = 400;
/** Until nothing is left to do. */
const PAUSE_MS = 20;

interface Cancelled {
  /** From the reader's `abort()` until the first run for somebody else began. */
  readonly freeMs: number;
  /** The same where nobody was there before, a moment later. */
  readonly idleMs: number;
  /** The token that the cancel fell into, from the end of the run before to the end of its own. */
  readonly tokenMs: number;
  /** Of those before it in the same stream. */
  readonly medianMs: number;
  readonly worstMs: number;
}

/** How soon the engine works for others after a cancel, each against the tokens of its own stream. */
export async function cancelFigures(model: TextModel, random: () => number): Promise<Figure[]> {
  const times = RunTimes.share();
  const engine = createNodeTextEngine({ workerUrl: new URL('./text-timed-worker.js', import.meta.url) });
  const session = await engine.load(model);
  const probe = await openProbe(session, times);
  const bench = { session, times, probe, random };
  const alone: Cancelled[] = [];
  for (let i = 0; i < ALONE; i++) alone.push(await cancelled(bench, 1));
  const together: Cancelled[] = [];
  for (let i = 0; i < TOGETHER; i++) together.push(await cancelled(bench, ROWS));
  const isIdle = await computesNothing();
  await session.release();
  await engine.close();
  return [
    figure(`works for others after a cancel, ${ALONE} at any moment of a token`, alone),
    figure(`the same after eight cancels at once, ${TOGETHER} times`, together),
    {
      name: 'processor time in 300 ms after the last of them',
      wanted: 'less than 100 ms',
      measured: isIdle ? 'less' : 'more',
      holds: isIdle,
    },
  ];
}

interface Bench {
  readonly session: TextSession;
  readonly times: RunTimes;
  readonly probe: Probe;
  readonly random: () => number;
}

async function cancelled({ session, times, probe, random }: Bench, rows: number): Promise<Cancelled> {
  const controls = Array.from({ length: rows }, () => new AbortController());
  const streams = controls.map(({ signal }) => session.generate(textJob(words(12, random), ANSWER), signal));
  const reading = streams.map(async (stream) => {
    for (let tokens = 0; tokens < WRITTEN;) {
      const { value } = await stream.next();
      for (const { logProbs } of value as Extract<typeof value, readonly unknown[]>) tokens += logProbs.length;
    }
  });
  await Promise.all(reading);
  await streams[0]!.next();
  const before = lengthsOf(times, LOOKED_AT).toSorted((a, b) => a - b);
  const medianMs = before[LOOKED_AT / 2]!;
  // At any moment of a token: told it was at its beginning. A timer knows whole milliseconds only.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, random() * medianMs);
  const abortMs = clockMs();
  for (const control of controls) control.abort();
  const freeMs = await probe.startMs();
  await Promise.allSettled(streams.map((stream) => stream.next()));
  const [last] = times.last(1, probe.runs);
  const [length] = lengthsOf(times, 1, probe.runs);
  const tokenMs = last!.endMs > abortMs ? length! : medianMs;
  await new Promise((resolve) => void setTimeout(resolve, PAUSE_MS));
  const askedMs = clockMs();
  const idleMs = (await probe.startMs()) - askedMs;
  return { freeMs: freeMs - abortMs, idleMs, tokenMs, medianMs, worstMs: before.at(-1)! };
}

function lengthsOf(times: RunTimes, tokens: number, after = 0): number[] {
  const runs = times.last(tokens + 1, after);
  return runs.slice(1).map(({ endMs }, i) => endMs - runs[i]!.endMs);
}

interface Probe {
  /** Of the graph, for one question. */
  readonly runs: number;
  /** When the first of them began. */
  startMs(): Promise<number>;
}

/** Two words of somebody else, and no template: the least there is to do before a run. */
async function openProbe(session: TextSession, times: RunTimes): Promise<Probe> {
  const job = { ...textJob('Say yes', 1), chatTemplate: '{{ messages[0].content }}' };
  const ask = (): Promise<unknown> => write(session, job);
  for (let i = 0; i < 3; i++) await ask();
  const before = times.count;
  await ask();
  const runs = times.count - before;
  const startMs = async (): Promise<number> => {
    await ask();
    return times.last(runs)[0]!.startMs;
  };
  return { runs, startMs };
}

function figure(name: string, all: readonly Cancelled[]): Figure {
  // What asking costs by itself; of many, as one of them may be late for reasons of its own.
  const idle = all.map((one) => one.idleMs);
  const idleMs = median(idle);
  const excess = (of: (one: Cancelled) => number): number[] => all.map((one) => one.freeMs - idleMs - of(one));
  const told = (within: string, ms: readonly number[]): string =>
    `${ms.filter((each) => each <= 0).length} within ${within} (excess: median ${median(ms).toFixed(2)}, worst ${Math.max(...ms).toFixed(2)} ms)`;
  const own = excess(({ tokenMs }) => tokenMs);
  return {
    name,
    wanted: 'all within the token they fell into',
    measured: [
      told('their token', own),
      told(
        "their stream's median token",
        excess(({ medianMs }) => medianMs),
      ),
      told(
        'its worst of 24',
        excess(({ worstMs }) => worstMs),
      ),
      `median ${median(all.map(({ freeMs }) => freeMs)).toFixed(1)} of ${median(all.map(({ tokenMs }) => tokenMs)).toFixed(1)} ms, ${idleMs.toFixed(2)} of them to ask`,
      `as many asks with nothing running: ${Math.min(...idle).toFixed(2)} to ${Math.max(...idle).toFixed(2)} ms, the worst ${(Math.max(...idle) - idleMs).toFixed(2)} over their median`,
    ].join('; '),
    holds: Math.max(...own) <= 0,
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Once nobody reads on. */
async function computesNothing(): Promise<boolean> {
  const before = process.cpuUsage();
  await new Promise((resolve) => void setTimeout(resolve, 300));
  const { user, system } = process.cpuUsage(before);
  return user + system < 100_000;
}
