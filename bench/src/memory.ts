import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { dataFolder } from './environment.js';
import { printFigures } from './report.js';

const MIB = 2 ** 20;
/** What the command gives itself when it stays, and docs/operating.md asks of services. */
const TRIMMED = { MALLOC_TRIM_THRESHOLD_: '131072' };

/** Figure 3 of the Node host: resident memory over load and release cycles, and over many requests. */
export async function memory(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: memory (TERRACE_DATA is not set)');
  printFigures('Resident memory of the process, in a process of its own', [
    rise('50 load and release cycles, over 5', 0.1, await inChild('cycles', data, TRIMMED)),
    rise('20,000 requests in a row, over 2,000', 0.05, await inChild('requests', data, TRIMMED)),
    rise("50 cycles, over 5, with the C library's own setting", 0.1, await inChild('cycles', data, {})),
  ]);
}

const rise = (name: string, most: number, [before, after]: readonly [number, number]) => ({
  name,
  wanted: `at most ${most * 100} % more`,
  measured: `${((after / before - 1) * 100).toFixed(1)} % (${(before / MIB).toFixed(0)} to ${(after / MIB).toFixed(0)} MiB)`,
  holds: after / before - 1 <= most,
});

async function inChild(what: string, data: string, env: Record<string, string>): Promise<[number, number]> {
  const script = fileURLToPath(new URL('./memory-cycles.js', import.meta.url));
  const child = fork(script, [what, data], { execArgv: ['--expose-gc'], env: { ...process.env, ...env } });
  const [measured] = (await once(child, 'message')) as [[number, number]];
  return measured;
}
