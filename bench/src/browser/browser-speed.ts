import { quantile } from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import { ISOLATED } from '@terrace/test/static-server';
import { clincFiles, dataFolder, modelsFolder } from '../environment.js';
import { printFigures, seededRandom, shuffled } from '../report.js';
import { openPages, timed, type Contender } from './pages.js';

/** Short ones, and many: what a machine does meanwhile falls on all that take turns within a block. */
const BLOCK = 12;
const BLOCKS = 48;
const IN_FLIGHT = 8;
/** Rounds of three blocks before anything is measured. */
const SETTLING = 6;
const NAMES = ['peer', 'raw', 'base', 'cascade'] as const satisfies readonly Contender[];

/** Figures 1 and 2 of the browser: pages of one Chromium take turns, block by block. */
export async function browserSpeed(): Promise<void> {
  const [data, models] = [dataFolder(), modelsFolder()];
  if (data === undefined || models === undefined)
    return console.log('skipped: browser-speed (TERRACE_DATA or TERRACE_MODELS is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const order = shuffled(rows.length, seededRandom(6));
  const textsOf = (block: number): string[] =>
    order.slice(block * BLOCK, (block + 1) * BLOCK).map((row) => rows[row]!.text);
  // Isolated for its clock alone, which tells 5 µs where others tell 100: threads stay at one.
  const pages = await openPages(models, ISOLATED);
  const context = await pages.newContext();
  const opened = await Promise.all(NAMES.map((name) => pages.load(context, name)));
  for (const page of opened) {
    await page.evaluate('open()');
    // Compiled code, caches and worker counts settle: V8 optimises code that ran some hundred times.
    for (let round = 0; round < SETTLING; round++)
      for (const concurrency of [1, IN_FLIGHT, 1]) await timed(page, textsOf(BLOCKS + round), concurrency);
  }
  const alone: Record<string, number[]> = {};
  /** Median of each block. */
  const blocks: Record<string, number[]> = {};
  const together: Record<string, number[]> = {};
  for (let block = 0; block < BLOCKS; block++) {
    for (const i of shuffled(NAMES.length, seededRandom(block))) {
      const [name, page] = [NAMES[i]!, opened[i]!];
      const one = (await timed(page, textsOf(block))).times;
      (alone[name] ??= []).push(...one);
      (blocks[name] ??= []).push(quantile(one, 0.5));
      const { times, totalMs } = await timed(page, [...textsOf(block), ...textsOf(block + 1)], IN_FLIGHT);
      (together[name] ??= []).push((times.length / totalMs) * 1000);
    }
  }
  await pages.close();
  const p50 = (name: Contender): number => quantile(alone[name]!, 0.5);
  const rate = (name: Contender): number => quantile(together[name]!, 0.5);
  console.log('\np50 of one at a time, and requests a second with 8 in flight');
  for (const name of NAMES)
    console.log(`  ${name.padEnd(8)} ${p50(name).toFixed(2)} ms   ${rate(name).toFixed(0)} a second`);
  const overheads = blocks['base']!.map((base, block) => base / blocks['raw']![block]! - 1);
  const [low, overhead, high] = [0.25, 0.5, 0.75].map((share) => quantile(overheads, share)) as [
    number,
    number,
    number,
  ];
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  printFigures(`A page in Chromium, WebAssembly, ${BLOCKS} blocks of ${BLOCK} requests in turn`, [
    {
      name: 'base, p50 over the peer',
      wanted: 'at most 1',
      measured: (p50('base') / p50('peer')).toFixed(3),
      holds: p50('base') <= p50('peer'),
    },
    {
      name: `base, requests a second with ${IN_FLIGHT} in flight over the peer`,
      wanted: 'at least 1.3',
      measured: (rate('base') / rate('peer')).toFixed(2),
      holds: rate('base') >= 1.3 * rate('peer'),
    },
    {
      name: 'base, over raw onnxruntime-web in a worker: median of the blocks, and their middle half',
      wanted: 'at most 5 %',
      measured: `${percent(overhead)} (${percent(low)} to ${percent(high)})`,
      holds: overhead <= 0.05,
    },
  ]);
}
