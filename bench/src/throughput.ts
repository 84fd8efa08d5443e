import { quantile } from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import type { BlockResult, ContenderSetup } from './contender.js';
import { openContender, requestsPerSecond } from './contenders.js';
import { clincFiles, dataFolder, modelsFolder } from './environment.js';
import { printFigures, seededRandom, shuffled } from './report.js';

const ROUNDS = 5;
const TEXTS = 400;
const CONCURRENCIES = [1, 16, 64] as const;
const NAMES = ['peer, 1 thread', 'peer, 2 threads', 'base', 'cascade'] as const;

type Name = (typeof NAMES)[number];

const setupOf = (name: Name, models: string): ContenderSetup =>
  name === 'base' || name === 'cascade' ? { kind: 'terrace' } : { kind: 'peer', models, threads: Number(name[6]) };

/** Figure 1 of the Node host: requests a second at 1, 16 and 64 at a time, each contender alone on the same cores. */
export async function throughput(): Promise<void> {
  const [data, models] = [dataFolder(), modelsFolder()];
  if (data === undefined || models === undefined)
    return console.log('skipped: throughput (TERRACE_DATA or TERRACE_MODELS is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const order = shuffled(rows.length, seededRandom(4));
  const contenders = await Promise.all(NAMES.map((name) => openContender(setupOf(name, models))));
  const timed: Record<string, BlockResult[]> = {};
  const asksOf = (of: readonly number[], policy: string) => of.map((row) => ({ text: rows[row]!.text, policy }));
  for (const [i, name] of NAMES.entries())
    for (const concurrency of [16, 1])
      await contenders[i]!.run({ asks: asksOf(order.slice(0, 200), name), concurrency });
  for (let round = 0; round < ROUNDS; round++) {
    const texts = order.slice(round * TEXTS, (round + 1) * TEXTS);
    for (const concurrency of CONCURRENCIES)
      for (const i of shuffled(NAMES.length, seededRandom(round))) {
        const name = NAMES[i]!;
        (timed[`${name} ${concurrency}`] ??= []).push(
          await contenders[i]!.run({ asks: asksOf(texts, name), concurrency }),
        );
      }
  }
  for (const contender of contenders) contender.close();

  const rate = (name: Name, concurrency: number): number =>
    quantile(timed[`${name} ${concurrency}`]!.map(requestsPerSecond), 0.5);
  const p50 = (name: Name): number =>
    quantile(
      timed[`${name} 1`]!.flatMap(({ latenciesMs }) => latenciesMs),
      0.5,
    );
  const labels = (name: Name, concurrency: number): string[] =>
    timed[`${name} ${concurrency}`]!.flatMap((block) => block.labels);
  const truth = order.slice(0, ROUNDS * TEXTS).map((row) => rows[row]!.label);
  const share = (a: readonly string[], b: readonly string[]): number =>
    a.filter((label, i) => label === b[i]).length / a.length;
  const bestPeer = (concurrency: number): number =>
    Math.max(rate('peer, 1 thread', concurrency), rate('peer, 2 threads', concurrency));
  const fastestPeerMs = Math.min(p50('peer, 1 thread'), p50('peer, 2 threads'));

  console.log('\nrequests a second (median of 5 blocks)');
  for (const name of NAMES)
    console.log(`  ${name.padEnd(16)} ${CONCURRENCIES.map((c) => `${c}: ${rate(name, c).toFixed(0)}`).join('   ')}`);
  printFigures('Throughput against the peer at its best thread setting', [
    ...[16, 64].flatMap((concurrency) => [
      ratioFigure(`base, ${concurrency} at a time`, 1.8, rate('base', concurrency) / bestPeer(concurrency)),
      ratioFigure(`cascade, ${concurrency} at a time`, 5, rate('cascade', concurrency) / bestPeer(concurrency)),
    ]),
    {
      name: 'base, one at a time, p50 latency over the peer',
      wanted: 'at most .70',
      measured: `${(p50('base') / fastestPeerMs).toFixed(3)} (${p50('base').toFixed(2)} against ${fastestPeerMs.toFixed(2)} ms; cascade ${(p50('cascade') / fastestPeerMs).toFixed(3)})`,
      holds: p50('base') <= 0.7 * fastestPeerMs,
    },
    ...[16, 64].map((concurrency) => {
      const [cascade, base] = [share(labels('cascade', concurrency), truth), share(labels('base', concurrency), truth)];
      return {
        name: `accuracy of the cascade, ${concurrency} at a time`,
        wanted: "at least base's",
        measured: `${cascade.toFixed(4)} against ${base.toFixed(4)}`,
        holds: cascade >= base,
      };
    }),
    ...(['base', 'cascade'] as const).flatMap((name) =>
      [16, 64].map((concurrency) => {
        const agreement = share(labels(name, concurrency), labels(name, 1));
        return {
          name: `${name}: labels at ${concurrency} at a time equal to one by one`,
          wanted: 'at least 99.5 %',
          measured: `${(100 * agreement).toFixed(2)} %`,
          holds: agreement >= 0.995,
        };
      }),
    ),
  ]);
}

const ratioFigure = (name: string, wanted: number, ratio: number) => ({
  name,
  wanted: `at least ${wanted} times the peer`,
  measured: ratio.toFixed(2),
  holds: ratio >= wanted,
});
