import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { quantile } from '@terrace/core';
import { startChild } from './child-server.js';
import { printFigures } from './report.js';
import { startServe, terrace } from './terrace-command.js';

const ROUNDS = 7;
const SECONDS = 4;
const CONNECTIONS = 16;
const require = createRequire(import.meta.url);
const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Gateway {
  readonly name: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly model: string;
  stop(): Promise<void>;
}

interface Load {
  readonly perSecond: number;
  readonly p99Ms: number;
}

/** Chats through a gateway to an upstream that answers at once: Terrace, Portkey's gateway, and the least one can do. */
export async function gateway(): Promise<void> {
  const stub = await startChild([here('./stub-upstream.js')]);
  const gateways = await Promise.all([openTerrace(stub.url), openPortkey(stub.url), openPassThrough(stub.url)]);
  const loads = new Map<string, Load[]>(gateways.map(({ name }) => [name, []]));
  for (const each of gateways) await load(each, 2);
  for (let round = 0; round < ROUNDS; round++) {
    for (let i = 0; i < gateways.length; i++) {
      const each = gateways[(round + i) % gateways.length]!;
      loads.get(each.name)!.push(await load(each, SECONDS));
    }
  }
  for (const each of [...gateways, stub]) await each.stop();

  const rate = (name: string): number =>
    quantile(
      loads.get(name)!.map(({ perSecond }) => perSecond),
      0.5,
    );
  const p99 = (name: string): number =>
    quantile(
      loads.get(name)!.map(({ p99Ms }) => p99Ms),
      0.5,
    );
  const ratio = (name: string): number =>
    quantile(
      loads.get('terrace')!.map(({ perSecond }, i) => perSecond / loads.get(name)![i]!.perSecond),
      0.5,
    );
  console.log(`\nrequests a second and p99 (medians of ${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections)`);
  for (const { name } of gateways)
    console.log(`  ${name.padEnd(13)} ${rate(name).toFixed(0)}   ${p99(name).toFixed(1)} ms`);
  printFigures('As a gateway', [
    {
      name: "requests a second over Portkey's gateway",
      wanted: 'at least 5',
      measured: ratio('portkey').toFixed(2),
      holds: ratio('portkey') >= 5,
    },
    {
      name: "p99 against Portkey's gateway",
      wanted: 'lower',
      measured: `${p99('terrace').toFixed(1)} against ${p99('portkey').toFixed(1)} ms`,
      holds: p99('terrace') < p99('portkey'),
    },
    {
      name: 'requests a second over a bare pass-through',
      wanted: 'at least .60',
      measured: ratio('pass-through').toFixed(3),
      holds: ratio('pass-through') >= 0.6,
    },
  ]);
}

async function openTerrace(upstream: string): Promise<Gateway> {
  const home = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
  const flags = ['--protocol', 'openai', '--model', 'large-1', '--placement', 'cloud', '--id', 'large'];
  await terrace('tiers', 'add', `${upstream}/v1`, '--home', home, ...flags);
  const { url, stop } = await startServe(home);
  return { name: 'terrace', url, headers: [], model: 'large', stop };
}

async function openPassThrough(upstream: string): Promise<Gateway> {
  const { url, stop } = await startChild([here('./pass-through.js'), upstream]);
  return { name: 'pass-through', url, headers: [], model: 'large-1', stop };
}

async function openPortkey(upstream: string): Promise<Gateway> {
  const script = join(dirname(require.resolve('@portkey-ai/gateway/package.json')), 'build/start-server.js');
  const port = await freePort();
  const child = spawn(process.execPath, [script, `--port=${port}`, '--headless'], { stdio: 'ignore' });
  const url = `http://127.0.0.1:${port}`;
  await untilUp(url);
  return {
    name: 'portkey',
    url,
    headers: ['x-portkey-provider=openai', `x-portkey-custom-host=${upstream}/v1`, 'authorization=Bearer none'],
    model: 'large-1',
    async stop() {
      child.kill();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilUp(url: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} did not come up`);
}

async function load({ url, headers, model }: Gateway, seconds: number): Promise<Load> {
  const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'What is the capital of France?' }] });
  const args = ['-j', '-c', String(CONNECTIONS), '-d', String(seconds), '-m', 'POST', '-b', body];
  for (const header of ['content-type=application/json', ...headers]) args.push('-H', header);
  const { stdout } = await promisify(execFile)(process.execPath, [
    require.resolve('autocannon'),
    ...args,
    `${url}/v1/chat/completions`,
  ]);
  const report = JSON.parse(stdout) as {
    requests: { average: number };
    latency: { p99: number };
    non2xx: number;
    errors: number;
  };
  if (report.non2xx + report.errors > 0) throw new Error(`${url}: ${report.non2xx} refused, ${report.errors} failed`);
  return { perSecond: report.requests.average, p99Ms: report.latency.p99 };
}
