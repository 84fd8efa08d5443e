import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { quantile } from '@terrace/core';
import { launchProfile } from '@terrace/test/browser';
import { modelsFolder } from '../environment.js';
import { printFigures, seededRandom, shuffled } from '../report.js';
import { openPages, type Contender } from './pages.js';

const ROUNDS = 15;
const NAMES = ['peer', 'cascade', 'nano', 'base'] as const satisfies readonly Contender[];
/** Two seconds after the last of it V8 writes what it has compiled. */
const STAY_MS = 3000;
const TEXT = 'how do i freeze my account after someone stole my card';

/**
 * Figure 3 of the browser: from the navigation to the first answer, everything cached by an earlier visit. In a profile
 * on the disk, as a user has one: without it Chromium keeps no compiled WebAssembly, and opens a window of its own, with
 * what belongs to it, for each page.
 */
export async function browserStart(): Promise<void> {
  const models = modelsFolder();
  if (models === undefined) return console.log('skipped: browser-start (TERRACE_MODELS is not set)');
  const pages = await openPages(models);
  const profile = await mkdtemp(path.join(tmpdir(), 'terrace-start-'));
  const context = await launchProfile(profile);
  const visit = async (name: Contender, stayMs: number): Promise<number> => {
    const page = await pages.load(context, name);
    const ms = (await page.evaluate(
      `(async () => { await open(); await ask(${JSON.stringify(TEXT)}); return performance.now(); })()`,
    )) as number;
    await page.waitForTimeout(stayMs);
    await page.close();
    return ms;
  };
  for (const name of NAMES) for (let i = 0; i < 3; i++) await visit(name, STAY_MS);
  const times: Record<string, number[]> = {};
  for (let round = 0; round < ROUNDS; round++)
    for (const i of shuffled(NAMES.length, seededRandom(round)))
      // Whatever is written behind the answer is written.
      (times[NAMES[i]!] ??= []).push(await visit(NAMES[i]!, 300));
  await context.close();
  await pages.close();
  await rm(profile, { recursive: true });
  const p50 = (name: Contender): number => quantile(times[name]!, 0.5);
  console.log('\nfrom the navigation to the first answer, ms: least, median, most');
  for (const name of NAMES) {
    const sorted = times[name]!.toSorted((a, b) => a - b);
    console.log(`  ${name.padEnd(8)} ${[sorted[0]!, p50(name), sorted.at(-1)!].map((ms) => ms.toFixed(0)).join('  ')}`);
  }
  printFigures(`Warm start of a page, ${ROUNDS} visits each in turn`, [
    {
      name: 'first answer over the peer',
      wanted: 'at most .60',
      measured: (p50('cascade') / p50('peer')).toFixed(3),
      holds: p50('cascade') <= 0.6 * p50('peer'),
    },
    {
      name: "nano's first answer over base's",
      wanted: 'under .40',
      measured: (p50('nano') / p50('base')).toFixed(3),
      holds: p50('nano') < 0.4 * p50('base'),
    },
  ]);
}
