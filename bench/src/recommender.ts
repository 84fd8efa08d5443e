import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { quantile } from '@terrace/core';
import { createNodeRuntime, readExamples } from '@terrace/node-host';
import { dataFolder } from './environment.js';
import { createMemoryGroup } from './memory-group.js';
import { printFigures, type Figure } from './report.js';

const TIERS = ['nano', 'small', 'base'];
const MIB = 2 ** 20;
const LIMITS_MIB = [96, 120, 144, 168, 192, 224, 256, 320];
const TEXT = 'how do i freeze my account after someone stole my card';
const terrace = join(
  dirname(createRequire(import.meta.url).resolve('@terrace/node-host/package.json')),
  'bin',
  'terrace.js',
);

/** Figure 4: nothing that is recommended fails, nothing that fits is refused, and latency is foreseen. */
export async function recommender(): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
  const figures = [...(await underLimits(home)), ...(await latencies(home))];
  printFigures('Recommender', figures);
}

/**
 * Under cgroup limits: what `terrace recommend` says there, and whether each tier then runs there. A
 * tier's true peak is the group's highest use, measured without a limit.
 */
async function underLimits(home: string): Promise<Figure[]> {
  const group = await createMemoryGroup('terrace-bench');
  if (!group) {
    console.log('skipped: recommender under cgroup limits (needs root and a memory controller)');
    return [];
  }
  try {
    const peaks = new Map<string, number>();
    for (const tier of TIERS) {
      await group.limit(undefined);
      await group.run(args(tier, home));
      peaks.set(tier, await group.peakBytes());
    }
    const failed: string[] = [];
    const refused: string[] = [];
    let recommended = 0;
    for (const limitMib of LIMITS_MIB) {
      const freshHome = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
      await group.limit(limitMib * MIB);
      const told = await group.run(['recommend', '--json', '--domain', 'clinc150'], freshHome);
      const fits =
        told.code === 0
          ? (JSON.parse(told.output) as { tiers: { tier: string }[]; ladder: string[] })
          : { tiers: [], ladder: [] };
      const named = fits.tiers.map(({ tier }) => tier);
      for (const tier of TIERS) {
        if (!named.includes(tier)) {
          if (peaks.get(tier)! < 0.8 * limitMib * MIB)
            refused.push(`${tier} at ${limitMib} MiB (peak ${(peaks.get(tier)! / MIB).toFixed(0)})`);
          continue;
        }
        recommended++;
        const { code } = await group.run(args(tier, freshHome));
        if (code !== 0) failed.push(`${tier} at ${limitMib} MiB`);
      }
      if (fits.ladder.length > 0) {
        const { code } = await group.run(args('cascade', freshHome));
        if (code !== 0) failed.push(`${fits.ladder.join(' -> ')} at ${limitMib} MiB`);
      }
    }
    return [
      {
        name: `recommended tiers that fail under ${LIMITS_MIB.length} cgroup limits`,
        wanted: 'none',
        measured: failed.join(', ') || `none of ${recommended}`,
        holds: failed.length === 0,
      },
      {
        name: 'tiers refused although their peak is over 20 % below the limit',
        wanted: 'none',
        measured: refused.join(', ') || 'none',
        holds: refused.length === 0,
      },
      {
        name: 'true peaks of whole processes',
        wanted: 'for information',
        measured: TIERS.map((tier) => `${tier} ${(peaks.get(tier)! / MIB).toFixed(0)} MiB`).join(', '),
        holds: true,
      },
    ];
  } finally {
    await group.remove();
  }
}

const args = (policy: string, home: string): string[] => [
  'run',
  '--json',
  '--home',
  home,
  '--domain',
  'clinc150',
  '--policy',
  policy,
  TEXT,
];

/** The formula's prediction on a fresh device against the p50 of real requests. */
async function latencies(home: string): Promise<Figure[]> {
  const data = dataFolder();
  if (data === undefined) return [];
  const { rows } = await readExamples([join(data, 'clinc150', 'val.jsonl')]);
  const fresh = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
  const told = await new Promise<string>((resolve, reject) => {
    const child = spawn(process.execPath, [terrace, 'recommend', '--json', '--home', fresh, '--domain', 'clinc150'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.once('error', reject).once('close', () => resolve(output));
  });
  const predicted = (JSON.parse(told) as { tiers: { tier: string; latencyMs: number }[] }).tiers;
  const runtime = await createNodeRuntime({ home });
  const figures: Figure[] = [];
  for (const { tier, latencyMs } of predicted) {
    const times: number[] = [];
    for (let i = 0; i < 400; i++) {
      const { trace } = await runtime.run({
        domain: 'clinc150',
        policy: tier,
        text: rows[(i * 7) % rows.length]!.text,
      });
      const run = trace.find((event) => event.kind === 'run');
      if (i >= 50 && run) times.push(run.durationMs);
    }
    const p50 = quantile(times, 0.5);
    const ratio = latencyMs / p50;
    figures.push({
      name: `predicted latency of ${tier}`,
      wanted: 'within a factor of 2',
      measured: `${latencyMs.toFixed(3)} ms against ${p50.toFixed(3)} (ratio ${ratio.toFixed(2)})`,
      holds: ratio > 0.5 && ratio < 2,
    });
  }
  await runtime.close();
  return figures;
}
