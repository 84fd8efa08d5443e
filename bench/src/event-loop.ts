import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { quantile } from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import { openContender } from './contenders.js';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures } from './report.js';
import { watchTimer } from './timer-delay.js';

const ROUNDS = 7;
const TEXTS = 1500;
const BUSY_MS = 2000;
const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

/** Figure 2 of the Node host: how late a 5 ms timer is while every core infers, and while other processes keep them busy. */
export async function eventLoop(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: event loop (TERRACE_DATA is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const terrace = await openContender({ kind: 'terrace' });
  const asksOf = (policy: string) =>
    Array.from({ length: TEXTS }, (_, i) => ({ text: rows[(i * 7) % rows.length]!.text, policy }));
  const late: Record<string, number[]> = { base: [], cascade: [], busy: [] };
  await terrace.run({ asks: asksOf('base').slice(0, 300), concurrency: 64 });
  for (let round = 0; round < ROUNDS; round++) {
    for (const policy of ['base', 'cascade']) {
      const { timerP99Ms } = await terrace.run({ asks: asksOf(policy), concurrency: 64 });
      late[policy]!.push(timerP99Ms);
    }
    late['busy']!.push(await whileOthersAreBusy());
  }
  terrace.close();
  const p99 = (name: string): number => quantile(late[name]!, 0.5);
  printFigures(
    'A 5 ms timer with 64 requests at a time, 99th percentile of its delay, median of 7 rounds',
    ['base', 'cascade'].map((policy) => ({
      name: policy,
      wanted: 'at most 10 ms, or twice what it is while other processes keep the cores busy',
      measured: `${p99(policy).toFixed(1)} ms (${p99('busy').toFixed(1)} ms beside busy processes)`,
      holds: p99(policy) <= 10 || p99(policy) <= 2 * p99('busy'),
    })),
  );
}

/** The same timer in this process, which does nothing else, beside one busy process a core. */
async function whileOthersAreBusy(): Promise<number> {
  const script = fileURLToPath(new URL('./busy.js', import.meta.url));
  const others: ChildProcess[] = Array.from({ length: availableParallelism() }, () => fork(script));
  await wait(300);
  const timer = watchTimer();
  await wait(BUSY_MS);
  const p99Ms = timer.p99Ms();
  for (const other of others) other.kill('SIGKILL');
  return p99Ms;
}
