import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { quantile } from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import type { Block, BlockResult } from './contender.js';
import { openContender, requestsPerSecond } from './contenders.js';
import { EIGHT, makeEightTiers } from './eight-tiers.js';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures, seededRandom } from './report.js';

const MIB = 2 ** 20;
const ROUNDS = 5;
const REQUESTS = 3000;
const CONCURRENCY = 256;
/** What one of the tiers takes at its peak as the recommender predicts it, and the library they share. */
const TIER_BYTES = 76 * MIB;
const SHARED_BYTES = 32 * MIB;

const terrace = join(
  dirname(createRequire(import.meta.url).resolve('@terrace/node-host/package.json')),
  'bin',
  'terrace.js',
);

/** Figure 5 of the Node host: eight tiers under a ceiling that holds three, against no ceiling, on a Zipf mix. */
export async function ceiling(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: ceiling (TERRACE_DATA is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const modelsFolder = await makeEightTiers();
  await promisify(execFile)(process.execPath, [terrace, 'models', 'index', modelsFolder]);
  const free = await openContender({ kind: 'terrace', modelsFolder });
  const tight = await openContender({ kind: 'terrace', modelsFolder, memoryBytes: 3 * TIER_BYTES + SHARED_BYTES });
  const results: { free: BlockResult[]; tight: BlockResult[] } = { free: [], tight: [] };
  const random = seededRandom(5);
  for (let round = 0; round <= ROUNDS; round++) {
    const block: Block = {
      concurrency: CONCURRENCY,
      asks: Array.from({ length: REQUESTS }, (_, i) => ({
        text: rows[(i * 7 + round) % rows.length]!.text,
        policy: EIGHT[zipf(EIGHT.length, random)]!,
      })),
    };
    const both = { free: await free.run(block), tight: await tight.run(block) };
    // The first round loads everything once.
    if (round > 0) for (const name of ['free', 'tight'] as const) results[name].push(both[name]);
  }
  free.close();
  tight.close();
  const rate = (name: 'free' | 'tight'): number => quantile(results[name].map(requestsPerSecond), 0.5);
  const p95 = (name: 'free' | 'tight'): number =>
    quantile(
      results[name].flatMap(({ latenciesMs }) => latenciesMs),
      0.95,
    );
  const rss = (name: 'free' | 'tight'): number => Math.max(...results[name].map(({ rssBytes }) => rssBytes)) / MIB;
  const ratio = rate('tight') / rate('free');
  printFigures(`Eight tiers and deltas, ${CONCURRENCY} requests at a time, Zipf mix`, [
    {
      name: 'requests a second under a ceiling that holds three, over none',
      wanted: 'at least 60 %',
      measured: `${(100 * ratio).toFixed(0)} % (${rate('tight').toFixed(0)} against ${rate('free').toFixed(0)}; p95 ${p95('tight').toFixed(0)} against ${p95('free').toFixed(0)} ms; resident ${rss('tight').toFixed(0)} against ${rss('free').toFixed(0)} MiB)`,
      holds: ratio >= 0.6,
    },
  ]);
}

/** An index in [0, count), the k-th with weight 1 / k. */
function zipf(count: number, random: () => number): number {
  const weights = Array.from({ length: count }, (_, i) => 1 / (i + 1));
  let left = random() * weights.reduce((a, b) => a + b, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return i;
  }
  return count - 1;
}
