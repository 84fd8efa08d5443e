import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { quantile } from '@terrace/core';
import { createEmbed, type Embed } from '@terrace/core/cache';
import { createVectorIndex } from '@terrace/core/vectors';
import { createNodeRuntime, readExamples, type NodeRuntime } from '@terrace/node-host';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures, seededRandom, type Figure } from './report.js';

const ENTRIES = 100_000;
const NEIGHBOURS = 20;
const ASKED = 500;
const DOMAIN = 'clinc150';

/** Figure 1 of the response cache: what a look-up takes, and how often the nearest question is found. */
export async function cacheLookup(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: look-ups in the cache (TERRACE_DATA is not set)');
  const kept = (await readExamples([join(data, 'clinc150/train.jsonl'), join(data, 'banking77/train.jsonl')])).rows;
  const asked = (await readExamples(clincFiles(data))).rows.slice(0, ASKED);
  const home = await mkdtemp(join(tmpdir(), 'terrace-bench-'));
  const runtime = await createNodeRuntime({ home, cache: true });
  try {
    const exact = await exactFigures(runtime, asked.slice(0, 200));
    const embed = createEmbed(runtime);
    const textsOf = (rows: readonly { readonly text: string }[]) => rows.map(({ text }) => text);
    const real = (await embed(textsOf(kept))).vectors;
    printFigures('Look-ups in the response cache', [...exact, ...(await indexFigures(embed, real, textsOf(asked)))]);
  } finally {
    await runtime.close();
    await rm(home, { recursive: true });
  }
}

/** The look-up is over when the caller is told of it: parsed, hashed, found, unsealed. Then come the result and its record. */
async function exactFigures(runtime: NodeRuntime, asked: readonly { readonly text: string }[]): Promise<Figure[]> {
  const ask = (text: string, onCache?: () => void) =>
    runtime.run({ task: 'text-classification', domain: DOMAIN, text }, { onCache });
  for (const { text } of asked) await ask(text);
  await runtime.flush();
  const times: number[] = [];
  const lookUps: number[] = [];
  let hits = 0;
  for (let round = 0; round < 20; round++) {
    for (const { text } of asked) {
      const fromMs = performance.now();
      let lookUpMs = Infinity;
      const { cache } = await ask(text, () => (lookUpMs = performance.now() - fromMs));
      const tookMs = performance.now() - fromMs;
      if (cache?.kind !== 'exact') continue;
      hits++;
      if (round === 0) continue;
      times.push(tookMs);
      lookUps.push(lookUpMs);
    }
  }
  return [
    {
      name: `the look-up of the same request (${hits} hits of ${asked.length * 20})`,
      wanted: 'p50 < 0.1 ms',
      measured: told(lookUps),
      holds: timeAt(lookUps, 0.5) < 0.1,
    },
    { name: 'from run() to its result', wanted: 'beside it', measured: told(times), holds: true },
  ];
}

const timeAt = (times: readonly number[], q: number): number => (times.length > 0 ? quantile(times, q) : Infinity);

const told = (times: readonly number[]): string =>
  `p50 ${timeAt(times, 0.5).toFixed(3)} ms, p95 ${timeAt(times, 0.95).toFixed(3)} ms`;

/** There are not 100,000 sentences: the others are sentences whose vectors are turned a little, at random. */
async function indexFigures(embed: Embed, real: readonly Float32Array[], asked: readonly string[]): Promise<Figure[]> {
  const random = seededRandom(99);
  const dimensions = real[0]!.length;
  const index = createVectorIndex(dimensions);
  const all = [...real];
  while (all.length < ENTRIES) all.push(turned(all[Math.floor(random() * real.length)]!, random));
  for (const [id, vector] of all.entries()) index.add(id, vector);
  const queries: Float32Array[] = [];
  const times: number[] = [];
  const search = (query: Float32Array, into: number[]) => {
    const fromMs = performance.now();
    const [nearest] = index.search(query, NEIGHBOURS);
    into.push(performance.now() - fromMs);
    return nearest!;
  };
  // As a look-up does it: the caches of the processor are as embedding the question has left them.
  for (const text of asked) {
    const [query] = (await embed([text])).vectors;
    queries.push(query!);
    search(query!, times);
  }
  const coldTimes: number[] = [];
  let right = 0;
  for (const query of queries) {
    // Reads all vectors, and so what the search reads is in no cache.
    const exact = nearestOf(all, query);
    const nearest = search(query, coldTimes);
    if (nearest.id === exact || index.cosine(query, exact)! <= nearest.cosine) right++;
  }
  const recall = right / queries.length;
  return [
    {
      name: `${NEIGHBOURS} nearest of ${ENTRIES} (${real.length} of them sentences), right after each of ${asked.length} was embedded`,
      wanted: 'p50 < 1 ms',
      measured: `${told(times)}, ${Math.round(index.bytes / 2 ** 20)} MiB`,
      holds: timeAt(times, 0.5) < 1,
    },
    { name: 'the same where nothing is in a cache', wanted: 'beside it', measured: told(coldTimes), holds: true },
    {
      name: 'the nearest is the one that an exact scan finds',
      wanted: '>= 98 %',
      measured: `${(100 * recall).toFixed(1)} %`,
      holds: recall >= 0.98,
    },
  ];
}

/** Every vector, one by one. */
function nearestOf(all: readonly Float32Array[], query: Float32Array): number {
  let best = -Infinity;
  let nearest = 0;
  for (const [id, vector] of all.entries()) {
    let product = 0;
    for (let i = 0; i < query.length; i++) product += vector[i]! * query[i]!;
    if (product > best) [best, nearest] = [product, id];
  }
  return nearest;
}

/** By 0.2 to 0.6 of its length, in all directions alike. */
function turned(vector: Float32Array, random: () => number): Float32Array {
  const by = (0.2 + 0.4 * random()) / Math.sqrt(vector.length);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const moved = vector.map((value) => value + by * normal());
  const length = Math.hypot(...moved);
  return moved.map((value) => value / length);
}
