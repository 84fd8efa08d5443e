import { bootstrapInterval, mean } from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures, seededRandom, shuffled } from './report.js';
import { openTwoBoxes } from './two-boxes.js';

const ROWS = 1500;
const BLOCK = 25;
const ONE_WAY_MS = 20;
const WAYS = ['ladder', 'all remote'] as const;

interface Seen {
  readonly right: boolean[];
  readonly latencyMs: number[];
  bytes: number;
}

/** Figure 3 of site tiers: `nano` on the device and `base` at the site, against everything at the site. */
export async function siteLadder(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: site-ladder (TERRACE_DATA is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const { device, network, close } = await openTwoBoxes();
  const seen: Record<(typeof WAYS)[number], Seen> = {
    ladder: { right: [], latencyMs: [], bytes: 0 },
    'all remote': { right: [], latencyMs: [], bytes: 0 },
  };
  const order = shuffled(rows.length, seededRandom(9)).slice(0, ROWS);
  for (const text of ['warm up', 'hello there', 'one more']) {
    await device.run({ text, domain: 'clinc150' });
    await device.run({ text, domain: 'clinc150', policy: 'site-base' });
  }
  network.delayMs(ONE_WAY_MS);
  for (let from = 0, turn = 0; from < order.length; from += BLOCK, turn++) {
    const block = order.slice(from, from + BLOCK).map((row) => rows[row]!);
    for (const way of turn % 2 === 0 ? WAYS : WAYS.toReversed()) {
      const before = network.counts.sentUpBytes;
      for (const { text, label } of block) {
        const fromMs = performance.now();
        const policy = way === 'ladder' ? 'cascade' : 'site-base';
        const { output } = await device.run({ text, domain: 'clinc150', policy });
        seen[way].latencyMs.push(performance.now() - fromMs);
        seen[way].right.push(output.kind === 'classification' && output.label === label);
      }
      seen[way].bytes += network.counts.sentUpBytes - before;
    }
  }
  await close();

  const { ladder, 'all remote': remote } = seen;
  const accuracy = ({ right }: Seen): number => mean(right.map(Number));
  const time = mean(ladder.latencyMs) / mean(remote.latencyMs);
  const bytes = ladder.bytes / remote.bytes;
  const gain = ladder.right.map((right, i) => Number(right) - Number(remote.right[i]));
  const [low, high] = bootstrapInterval(gain, mean, seededRandom(3));
  printFigures(`A ladder over two boxes, ${ONE_WAY_MS} ms apart one way (${ROWS} validation rows of CLINC150)`, [
    {
      name: 'accuracy',
      wanted: 'at least that of all remote',
      measured: `${accuracy(ladder).toFixed(4)} against ${accuracy(remote).toFixed(4)} (difference ${mean(gain).toFixed(4)}, [${low.toFixed(4)}, ${high.toFixed(4)}])`,
      holds: accuracy(ladder) >= accuracy(remote),
    },
    {
      name: 'mean latency over all remote',
      wanted: 'at most .40',
      measured: `${time.toFixed(3)} (${mean(ladder.latencyMs).toFixed(1)} against ${mean(remote.latencyMs).toFixed(1)} ms)`,
      holds: time <= 0.4,
    },
    {
      name: 'bytes sent over all remote, headers included',
      wanted: 'at most .30',
      measured: `${bytes.toFixed(3)} (${(ladder.bytes / ROWS).toFixed(0)} against ${(remote.bytes / ROWS).toFixed(0)} a request)`,
      holds: bytes <= 0.3,
    },
  ]);
}
