import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Example } from '@terrace/core';
import { createNodeRuntime, readExamples, type NodeRuntime } from '@terrace/node-host';
import { halfOfEachLabel, hitsOn, simulatedHits, trapped } from './cache-risk-figures.js';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures } from './report.js';

const ENCODER = 'base';
const BATCH = 16;

/** Figure 2 of the response cache: how often hits that are only alike are wrong, and how many there are. */
export async function cacheRisk(): Promise<void> {
  printFigures('Wrong hits in simulated populations', simulatedHits());
  printFigures('Questions that read alike', await trapped());
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: hits on CLINC150 (TERRACE_DATA is not set)');
  const read = async (...files: string[]) => (await readExamples(files)).rows;
  const clinc = { cached: await read(join(data, 'clinc150', 'train.jsonl')), asked: await read(...clincFiles(data)) };
  // Nothing of score or guard was chosen by these rows.
  const banking = halfOfEachLabel(await read(join(data, 'banking77', 'train.jsonl')));
  const runtime = await createNodeRuntime({ home: await mkdtemp(join(tmpdir(), 'terrace-bench-')) });
  try {
    for (const [name, { cached, asked }] of [
      ['CLINC150', clinc],
      ['banking77, which nothing was tuned on', banking],
    ] as const) {
      const cachedVectors = await embedAll(runtime, cached);
      const askedVectors = await embedAll(runtime, asked);
      const title = `Hits on ${name}: ${cached.length} sentences kept, ${asked.length} asked, vectors of ${ENCODER}`;
      printFigures(title, hitsOn({ cached, asked, cachedVectors, askedVectors }));
    }
  } finally {
    await runtime.close();
  }
}

async function embedAll(runtime: NodeRuntime, rows: readonly Example[]): Promise<Float32Array[]> {
  const rung = (await runtime.workshop.rungs()).find(({ tier }) => tier.model.id === ENCODER);
  if (!rung) throw new Error(`There is no ${ENCODER} on this machine.`);
  const { session, done } = await runtime.workshop.borrow(rung);
  const columns = rung.tier.model.features;
  const vectors: Float32Array[] = [];
  try {
    for (let at = 0; at < rows.length; at += BATCH) {
      const texts = rows.slice(at, at + BATCH).map(({ text }) => text);
      const values = await session.features(texts);
      vectors.push(...texts.map((_, i) => unit(values.slice(i * columns, (i + 1) * columns))));
    }
  } finally {
    done();
  }
  return vectors;
}

function unit(vector: Float32Array): Float32Array {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}
