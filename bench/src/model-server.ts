import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { quantile } from '@terrace/core';
import { readExamples } from '@terrace/node-host';
import { startChild } from './child-server.js';
import type { BlockResult } from './contender.js';
import { openContender } from './contenders.js';
import { clincFiles, dataFolder, modelsFolder } from './environment.js';
import { openLoad, type Prepared } from './http-load.js';
import { printFigures, seededRandom, shuffled, type Figure } from './report.js';
import { startServe } from './terrace-command.js';

const ROUNDS = 9;
const TEXTS = 1000;
const WARM_TEXTS = 1500;
const CONCURRENCY = 64;
const SERVED = ['embeddings', 'embeddings, base64', 'infer, binary'] as const;
const PEERS = ['peer, 1 thread', 'peer, 2 threads'] as const;
const IN_PROCESS = 'in process';
const NAMES = [...SERVED, ...PEERS, IN_PROCESS] as const;

type Name = (typeof NAMES)[number];
type Block = Pick<BlockResult, 'totalMs' | 'latenciesMs'>;
type RunBlock = (texts: readonly string[]) => Promise<Block>;

/** Figure 2 of site tiers: embeddings of `base` over HTTP, against the same in process and a plain server of the peer. */
export async function modelServer(): Promise<void> {
  const [data, models] = [dataFolder(), modelsFolder()];
  if (data === undefined || models === undefined)
    return console.log('skipped: model-server (TERRACE_DATA or TERRACE_MODELS is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const texts = shuffled(rows.length, seededRandom(6)).map((row) => rows[row]!.text);
  const { run, close } = await openAll(models);
  const blocks: Record<string, Block[]> = {};
  for (const name of NAMES) await run[name](texts.slice(0, WARM_TEXTS));
  for (let round = 0; round < ROUNDS; round++) {
    const some = Array.from({ length: TEXTS }, (_, i) => texts[(round * TEXTS + i) % texts.length]!);
    for (const i of shuffled(NAMES.length, seededRandom(round))) {
      const name = NAMES[i]!;
      (blocks[name] ??= []).push(await run[name](some));
    }
  }
  await close();
  report(blocks);
}

/** Everybody who answers, each in processes of its own. */
async function openAll(models: string): Promise<{ run: Record<Name, RunBlock>; close: () => Promise<void> }> {
  const home = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
  const peerScript = fileURLToPath(new URL('./peer-server.js', import.meta.url));
  const terrace = await startServe(home);
  const peers = [await startChild([peerScript, models, '1']), await startChild([peerScript, models, '2'])] as const;
  const contender = await openContender({ kind: 'terrace' });
  const load = openLoad(terrace.url, CONCURRENCY);
  const peerLoads = peers.map(({ url }) => openLoad(url, CONCURRENCY));
  return {
    run: {
      embeddings: (texts) => load.run(texts.map((text) => embeddings(text, 'float'))),
      'embeddings, base64': (texts) => load.run(texts.map((text) => embeddings(text, 'base64'))),
      'infer, binary': (texts) => load.run(texts.map(infer)),
      'peer, 1 thread': (texts) => peerLoads[0]!.run(texts.map((text) => embeddings(text, 'float'))),
      'peer, 2 threads': (texts) => peerLoads[1]!.run(texts.map((text) => embeddings(text, 'float'))),
      'in process': (texts) =>
        contender.run({
          asks: texts.map((text) => ({ text, policy: 'base', task: 'feature-extraction' })),
          concurrency: CONCURRENCY,
        }),
    },
    async close() {
      contender.close();
      for (const each of [load, ...peerLoads]) await each.close();
      for (const server of [terrace, ...peers]) await server.stop();
    },
  };
}

function embeddings(text: string, format: 'float' | 'base64'): Prepared {
  return {
    path: '/v1/embeddings',
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ model: 'base', input: text, encoding_format: format })),
  };
}

/** The text as a raw tensor, and the embedding as one. */
function infer(text: string): Prepared {
  const bytes = Buffer.from(text);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  const tensor = { name: 'text', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: bytes.length + 4 } };
  const header = Buffer.from(JSON.stringify({ inputs: [tensor], parameters: { binary_data_output: true } }));
  return {
    path: '/v2/models/base/infer',
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(header.length),
    },
    body: Buffer.concat([header, length, bytes]),
  };
}

function report(blocks: Readonly<Record<string, readonly Block[]>>): void {
  const rates = (name: Name): number[] =>
    blocks[name]!.map(({ totalMs, latenciesMs }) => (1000 * latenciesMs.length) / totalMs);
  const ratio = (name: Name, other: Name): number => {
    const others = rates(other);
    return quantile(
      rates(name).map((rate, i) => rate / others[i]!),
      0.5,
    );
  };
  const p99 = (name: Name): number =>
    quantile(
      blocks[name]!.map(({ latenciesMs }) => quantile(latenciesMs, 0.99)),
      0.5,
    );
  console.log(
    `\nembeddings a second, and p99 (medians of ${ROUNDS} blocks of ${TEXTS} texts, ${CONCURRENCY} at a time)`,
  );
  for (const name of NAMES)
    console.log(`  ${name.padEnd(19)} ${quantile(rates(name), 0.5).toFixed(0)}   ${p99(name).toFixed(1)} ms`);
  const [first, second] = PEERS;
  const bestPeer = ratio(first, second) > 1 ? first : second;
  const figure = (name: Name, other: Name, wanted: number): Figure => ({
    name: `${name} over ${other}`,
    wanted: `at least ${wanted.toFixed(2)}`,
    measured: ratio(name, other).toFixed(3),
    holds: ratio(name, other) >= wanted,
  });
  printFigures('As a model server, medians over pairs of blocks', [
    ...SERVED.map((name) => figure(name, IN_PROCESS, 0.8)),
    ...SERVED.map((name) => figure(name, bestPeer, 1.5)),
  ]);
}
