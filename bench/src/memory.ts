import { createNodeRuntime, readExamples } from '@terrace/node-host';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures } from './report.js';

const CYCLES = 50;
const REQUESTS = 20_000;
const MIB = 2 ** 20;

/** Figure 3 of the Node host: resident memory over load and release cycles, and over many requests. */
export async function memory(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: memory (TERRACE_DATA is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const textOf = (i: number): string => rows[(i * 7) % rows.length]!.text;
  const cycles = await overCycles(textOf);
  const requests = await overRequests(textOf);
  printFigures('Resident memory of the process', [
    rise('50 load and release cycles of base, over 5', 0.1, cycles),
    rise('20,000 requests in a row, over 2,000', 0.05, requests),
  ]);
}

const rise = (name: string, most: number, [before, after]: readonly [number, number]) => ({
  name,
  wanted: `within ${most * 100} %`,
  measured: `${((after / before - 1) * 100).toFixed(1)} % (${(before / MIB).toFixed(0)} to ${(after / MIB).toFixed(0)} MiB)`,
  holds: Math.abs(after / before - 1) <= most,
});

/** Each cycle is a request of its own runtime, which loads base, answers and lets everything go. */
async function overCycles(textOf: (i: number) => string): Promise<[number, number]> {
  const home = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
  let early = 0;
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    const runtime = await createNodeRuntime({ home });
    for (let i = 0; i < 20; i++)
      await runtime.run({ domain: 'clinc150', policy: 'base', text: textOf(cycle * 20 + i) });
    await runtime.close();
    if (cycle === 5) early = residentBytes();
  }
  return [early, residentBytes()];
}

async function overRequests(textOf: (i: number) => string): Promise<[number, number]> {
  const runtime = await createNodeRuntime({ home: await mkdtemp(join(tmpdir(), 'terrace-bench-')) });
  let early = 0;
  for (let i = 1; i <= REQUESTS; i++) {
    await runtime.run({ domain: 'clinc150', text: textOf(i) });
    if (i === REQUESTS / 10) early = residentBytes();
  }
  const late = residentBytes();
  await runtime.close();
  return [early, late];
}

/** After a collection, so that garbage that waits for one does not count as a leak. */
function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
