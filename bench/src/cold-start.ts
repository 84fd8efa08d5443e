import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mean, quantile } from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import { dataFolder, modelsFolder } from './environment.js';
import { printFigures } from './report.js';

const PAIRS = 40;
const terrace = join(
  dirname(createRequire(import.meta.url).resolve('@terrace/node-host/package.json')),
  'bin',
  'terrace.js',
);
const peerScript = fileURLToPath(new URL('./peer-cold.js', import.meta.url));

/** Figure 5: from process start to the first byte of the first answer, each request in a process of its own. */
export async function coldStart(): Promise<void> {
  const [data, models] = [dataFolder(), modelsFolder()];
  if (data === undefined || models === undefined)
    return console.log('skipped: cold start (TERRACE_DATA or TERRACE_MODELS is not set)');
  const { rows } = await readExamples([join(data, 'clinc150', 'val.jsonl')]);
  const home = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
  const environment = { ...process.env, TERRACE_HOME: home };
  const ask = (text: string): Promise<Started> =>
    start([terrace, 'run', '--json', '--domain', 'clinc150', text], environment);
  await ask('the first run measures the device');
  await start([peerScript, models, 'warm the file cache'], environment);
  const pairs: { ours: Started; peerMs: number }[] = [];
  for (let i = 0; i < PAIRS; i++) {
    const { text } = rows[Math.floor((i * rows.length) / PAIRS)]!;
    const ours = await ask(text);
    const { firstMs: peerMs } = await start([peerScript, models, text], environment);
    pairs.push({ ours, peerMs });
  }
  const ratioOf = (of: typeof pairs): number =>
    quantile(
      of.map(({ ours, peerMs }) => ours.firstMs / peerMs),
      0.5,
    );
  const climbed = pairs.filter(({ ours }) => ours.output.includes('"kind": "climb"'));
  const ratio = ratioOf(pairs);
  const ms = (of: readonly number[]): string => `${quantile(of, 0.5).toFixed(0)} ms`;
  printFigures(`Cold start, ${PAIRS} pairs of fresh processes`, [
    {
      name: 'median ratio to the peer, process start to first answer',
      wanted: 'at most .60',
      measured: `${ratio.toFixed(3)} (${ms(pairs.map(({ ours }) => ours.firstMs))} against ${ms(pairs.map(({ peerMs }) => peerMs))}; mean ratio ${mean(pairs.map(({ ours, peerMs }) => ours.firstMs / peerMs)).toFixed(3)})`,
      holds: ratio <= 0.6,
    },
  ]);
  console.log(
    `     of these, ${climbed.length} climbed to base: ${climbed.length > 0 ? ratioOf(climbed).toFixed(3) : 'none'}`,
  );
}

interface Started {
  readonly firstMs: number;
  readonly output: string;
}

function start(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Started> {
  return new Promise((resolve, reject) => {
    const fromMs = performance.now();
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let firstMs: number | undefined;
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      firstMs ??= performance.now() - fromMs;
      output += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', (code) =>
      firstMs === undefined || code !== 0
        ? reject(new Error(`${args[0]} exited with ${code}`))
        : resolve({ firstMs, output }),
    );
  });
}
