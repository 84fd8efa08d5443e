import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { candidateTiers, quantile, type LocalTier } from '@terrace/core';
import { createNodeRuntime, readExamples, shippedModels } from '@terrace/node-host';
import { dataFolder, modelsFolder } from './environment.js';
import { openPeer } from './peer.js';
import { openRaw } from './raw-encoder.js';
import { printFigures } from './report.js';

const REQUESTS = 1500;

/** Figure 3: what the runtime adds to a run of one tier: planning, hop, judging, trace and ledger included. */
export async function overhead(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: overhead (TERRACE_DATA is not set)');
  const { rows } = await readExamples([join(data, 'clinc150', 'val.jsonl')]);
  const runtime = await createNodeRuntime({ home: await mkdtemp(join(tmpdir(), 'terrace-bench-')) });
  const tiers = candidateTiers(runtime.models.current(), {
    task: 'text-classification',
    domain: 'clinc150',
    subDomain: undefined,
  });
  const measured: Record<string, { raw: number; ours: number }> = {};
  for (const id of ['nano', 'base']) {
    const tier = tiers.find(
      (each): each is LocalTier =>
        each.kind === 'local' && each.id === id && each.variant.dtype === (id === 'base' ? 'int8' : 'q4'),
    )!;
    const raw = await openRaw(shippedModels(), tier);
    const ours = (text: string): Promise<unknown> => runtime.run({ domain: 'clinc150', policy: id, text });
    const texts = Array.from({ length: REQUESTS }, (_, i) => rows[(i * 7) % rows.length]!.text);
    await inTurns(texts.slice(0, 200), raw, ours);
    const [rawMs, oursMs] = await inTurns(texts, raw, ours);
    measured[id] = { raw: quantile(rawMs, 0.5), ours: quantile(oursMs, 0.5) };
  }
  await runtime.close();
  const { nano, base } = measured as { nano: { raw: number; ours: number }; base: { raw: number; ours: number } };
  printFigures(`Overhead of runtime.run, p50 of ${REQUESTS} requests in turn with raw session.run`, [
    {
      name: 'base, over raw',
      wanted: 'at most 10 %',
      measured: `${((base.ours / base.raw - 1) * 100).toFixed(1)} % (${base.ours.toFixed(3)} against ${base.raw.toFixed(3)} ms)`,
      holds: base.ours <= base.raw * 1.1,
    },
    {
      name: 'nano, over raw',
      wanted: 'at most 0.15 ms',
      measured: `${(nano.ours - nano.raw).toFixed(3)} ms (${nano.ours.toFixed(3)} against ${nano.raw.toFixed(3)} ms)`,
      holds: nano.ours - nano.raw <= 0.15,
    },
  ]);
  await besidePeer(rows.map(({ text }) => text));
}

/** For the table: one request of the peer beside one of the cascade. */
async function besidePeer(texts: readonly string[]): Promise<void> {
  const models = modelsFolder();
  if (models === undefined) return;
  const peer = await openPeer(models);
  const runtime = await createNodeRuntime({ home: await mkdtemp(join(tmpdir(), 'terrace-bench-')) });
  const asked = Array.from({ length: 600 }, (_, i) => texts[(i * 11) % texts.length]!);
  const ours = (text: string): Promise<unknown> => runtime.run({ domain: 'clinc150', text });
  await inTurns(asked.slice(0, 100), (text) => peer.run(text), ours);
  const [peerMs, oursMs] = await inTurns(asked, (text) => peer.run(text), ours);
  const meanOf = (times: readonly number[]): number => times.reduce((a, b) => a + b, 0) / times.length;
  console.log(
    `     cascade over the peer's pipeline: mean ${(meanOf(oursMs) / meanOf(peerMs)).toFixed(3)}, p50 ${(quantile(oursMs, 0.5) / quantile(peerMs, 0.5)).toFixed(3)} (peer ${meanOf(peerMs).toFixed(2)} ms)`,
  );
  await runtime.close();
}

/**
 * Times two ways of answering in blocks that alternate. In turn on every text each would pay for the caches
 * the other has just emptied, which no application sees.
 */
const BLOCK = 25;

async function inTurns(
  texts: readonly string[],
  a: (text: string) => Promise<unknown>,
  b: (text: string) => Promise<unknown>,
): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let from = 0; from < texts.length; from += BLOCK) {
    for (const which of (from / BLOCK) % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      for (const text of texts.slice(from, from + BLOCK)) {
        const fromMs = performance.now();
        await (which === 0 ? a : b)(text);
        times[which].push(performance.now() - fromMs);
      }
    }
  }
  return times;
}
