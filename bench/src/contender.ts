import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeRuntime, type NodeRuntimeOptions } from '@terrace/node-host';
import { openPeer } from './peer.js';
import { watchTimer } from './timer-delay.js';

/** Who answers, in a process of its own: the threads of one contender never spin beside another's. */
export type ContenderSetup =
  | { readonly kind: 'peer'; readonly models: string; readonly threads: number }
  | ({ readonly kind: 'terrace' } & Pick<NodeRuntimeOptions, 'modelsFolder' | 'memoryBytes'>);

export interface Ask {
  readonly text: string;
  readonly policy: string;
  /** A label of CLINC150 where nothing is said. */
  readonly task?: 'feature-extraction';
}

/** What a contender is asked: to answer all texts, so many at a time. */
export interface Block {
  readonly asks: readonly Ask[];
  readonly concurrency: number;
}

export interface BlockResult {
  readonly totalMs: number;
  readonly latenciesMs: readonly number[];
  /** Empty where the contender only embeds. */
  readonly labels: readonly string[];
  /** How late a 5 ms timer was, 99th percentile. */
  readonly timerP99Ms: number;
  readonly rssBytes: number;
}

type Answer = (ask: Ask) => Promise<string>;

const answer = await open(JSON.parse(process.argv[2] ?? '') as ContenderSetup);
process.on('message', (block: Block) => {
  void run(block).then((result) => process.send?.(result));
});
process.send?.('ready');

async function open(setup: ContenderSetup): Promise<Answer> {
  if (setup.kind === 'peer') {
    const peer = await openPeer(setup.models, setup.threads);
    return async ({ text }) => String(await peer.run(text));
  }
  const { kind: _, ...options } = setup;
  const runtime = await createNodeRuntime({ home: await mkdtemp(join(tmpdir(), 'terrace-bench-')), ...options });
  return async (ask) => {
    const { output } = await runtime.run(ask.task ? ask : { domain: 'clinc150', ...ask });
    return output.kind === 'classification' ? output.label : '';
  };
}

async function run({ asks, concurrency }: Block): Promise<BlockResult> {
  const labels: string[] = [];
  const latenciesMs: number[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let i = next++; i < asks.length; i = next++) {
      const fromMs = performance.now();
      labels[i] = await answer(asks[i]!);
      latenciesMs.push(performance.now() - fromMs);
    }
  };
  const timer = watchTimer();
  const fromMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, client));
  const totalMs = performance.now() - fromMs;
  return { totalMs, latenciesMs, labels, timerP99Ms: timer.p99Ms(), rssBytes: process.memoryUsage.rss() };
}
