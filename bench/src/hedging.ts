import { quantile } from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures, seededRandom, shuffled } from './report.js';
import { openTwoBoxes } from './two-boxes.js';

const BLOCKS = 10;
const BLOCK = 200;
const STALL_SHARE = 0.05;
const STALL_MS = 500;
const WARM_UP = 60;

/** Figure 5 of site tiers: a second call when the first one is late, while the site stalls for some requests. */
export async function hedging(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: hedging (TERRACE_DATA is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const texts = shuffled(rows.length, seededRandom(6)).map((row) => rows[row]!.text);
  const { openDevice, network, close } = await openTwoBoxes();
  const ways = [
    { name: 'with', device: await openDevice({ hedging: true }), latenciesMs: [] as number[], calls: 0, asked: 0 },
    { name: 'without', device: await openDevice({ hedging: false }), latenciesMs: [] as number[], calls: 0, asked: 0 },
  ];
  const ask = (device: (typeof ways)[number]['device'], text: string) =>
    device.run({ text, domain: 'clinc150', policy: 'site-base' });
  for (const { device } of ways) for (const text of texts.slice(0, WARM_UP)) await ask(device, text);
  network.setFaults({ rates: { stall: STALL_SHARE }, stallMs: STALL_MS });
  for (let block = 0; block < BLOCKS; block++) {
    const asked = texts.slice((block * BLOCK) % 2000, ((block * BLOCK) % 2000) + BLOCK);
    for (const way of block % 2 === 0 ? ways : ways.toReversed()) {
      const before = network.counts.requests;
      for (const text of asked) {
        const fromMs = performance.now();
        await ask(way.device, text);
        way.latenciesMs.push(performance.now() - fromMs);
      }
      way.calls += network.counts.requests - before;
      way.asked += asked.length;
    }
  }
  await close();

  const [withIt, without] = ways as [(typeof ways)[number], (typeof ways)[number]];
  const p99 = ({ latenciesMs }: (typeof ways)[number]): number => quantile(latenciesMs, 0.99);
  const p50 = ({ latenciesMs }: (typeof ways)[number]): number => quantile(latenciesMs, 0.5);
  const extra = withIt.calls / withIt.asked - 1;
  printFigures(
    `Hedging, ${100 * STALL_SHARE} % of requests stalled for ${STALL_MS} ms (${BLOCKS * BLOCK} requests each)`,
    [
      {
        name: 'p99 with it over p99 without it',
        wanted: 'at most .50',
        measured: `${(p99(withIt) / p99(without)).toFixed(3)} (${p99(withIt).toFixed(1)} against ${p99(without).toFixed(1)} ms; p50 ${p50(withIt).toFixed(1)} and ${p50(without).toFixed(1)})`,
        holds: p99(withIt) <= 0.5 * p99(without),
      },
      {
        name: 'extra calls',
        wanted: 'at most 10 %',
        measured: `${(100 * extra).toFixed(1)} %`,
        holds: extra <= 0.1,
      },
    ],
  );
}
