import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeRuntime, readExamples } from '@terrace/node-host';
import { clincFiles } from './environment.js';

const CYCLES = 50;
const REQUESTS = 20_000;
/** Room for one of the two tiers: each request for the other lets go of the first. */
const CEILING_BYTES = 110 * 2 ** 20;

/** In a process of its own: resident memory after 5 and 50 cycles, or after 2,000 and 20,000 requests. */
const [what = '', data = ''] = process.argv.slice(2);
const { rows } = await readExamples(clincFiles(data));
const textOf = (i: number): string => rows[(i * 7) % rows.length]!.text;
const home = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
const runtime = await createNodeRuntime({ home, ...(what === 'cycles' && { memoryBytes: CEILING_BYTES }) });
// A process that has been up for a while: compiled, its ledger's thread started.
for (let i = 0; i < 600; i++) await runtime.run({ domain: 'clinc150', policy: 'base', text: textOf(i) });
const measured = what === 'cycles' ? await overCycles() : await overRequests();
await runtime.close();
process.send?.(measured);

async function overCycles(): Promise<[number, number]> {
  let early = 0;
  for (let cycle = 1; cycle <= CYCLES; cycle++) {
    for (const policy of ['base', 'small'])
      for (let i = 0; i < 20; i++) await runtime.run({ domain: 'clinc150', policy, text: textOf(cycle * 20 + i) });
    if (cycle === 5) early = residentBytes();
  }
  return [early, residentBytes()];
}

async function overRequests(): Promise<[number, number]> {
  let early = 0;
  for (let i = 1; i <= REQUESTS; i++) {
    await runtime.run({ domain: 'clinc150', text: textOf(i) });
    if (i === REQUESTS / 10) early = residentBytes();
  }
  return [early, residentBytes()];
}

/** After a collection, so that garbage that waits for one does not count as a leak. */
function residentBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}
