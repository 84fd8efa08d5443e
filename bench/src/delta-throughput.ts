import { createHash } from 'node:crypto';
import {
  createLoader,
  createScheduler,
  quantile,
  type Delta,
  type LocalTier,
  type Model,
  type Scheduler,
} from '@terrace/core';
import { createNodeEngine, openModelFolders, readExamples, shippedModels, systemClock } from '@terrace/node-host';
import { clincFiles, dataFolder } from './environment.js';
import { printFigures, type Figure, seededRandom, shuffled } from './report.js';

const CONCURRENCIES = [16, 64] as const;
const COUNTS = [1, 8, 50] as const;
const VARIANTS = [
  { id: 'nano', dtype: 'q4', expectedRunMs: 0.2, rounds: 40, blockTexts: 2000 },
  { id: 'base', dtype: 'int8', expectedRunMs: 4, rounds: 8, blockTexts: 400 },
] as const;

/** Figure 5 of deltas: requests a second with so many deltas attached to one loaded base, 16 and 64 at a time. */
export async function deltaThroughput(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: delta-throughput (TERRACE_DATA is not set)');
  const { rows } = await readExamples(clincFiles(data));
  const texts = shuffled(rows.length, seededRandom(8)).map((row) => rows[row]!.text);
  const store = await openModelFolders({ shipped: shippedModels(), added: '/no/models/were/added' });
  for (const { id, dtype, expectedRunMs, rounds, blockTexts } of VARIANTS) {
    const { models, deltas } = store.current();
    const model = models.find((each) => each.id === id)!;
    const tiers = tiersOf(
      model,
      deltas.find((each) => each.id === `clinc150/${id}`)!,
      dtype,
    );
    const loader = createLoader({ engine: createNodeEngine(), store, onLoad: () => undefined });
    const scheduler = createScheduler({ loader, clock: systemClock, workers: () => 1 });
    const figures: Figure[] = [];
    for (const concurrency of CONCURRENCIES) {
      const asked = (text: string, of: number) => ask(scheduler, tiers[of]!, text, expectedRunMs);
      const rates = await ratesOf({ texts, asked, concurrency, rounds, blockTexts });
      for (const count of COUNTS) {
        const rate = quantile(rates.get(count)!, 0.5);
        const ratios = rates.get(count)!.map((each, round) => each / rates.get(1)![round]!);
        const [low, ratio, high] = [0.25, 0.5, 0.75].map((share) => quantile(ratios, share)) as [
          number,
          number,
          number,
        ];
        figures.push({
          name: `${id} ${dtype}, ${count} ${count === 1 ? 'delta' : 'deltas'}, ${concurrency} at a time`,
          wanted: count === 8 ? 'more than .70 of one' : 'to be told',
          measured: `${rate.toFixed(0)} a second, ${ratio.toFixed(2)} of one (${low.toFixed(2)} to ${high.toFixed(2)})`,
          holds: count !== 8 || ratio > 0.7,
        });
      }
    }
    await scheduler.close();
    await loader.close();
    printFigures(
      `Throughput of ${id} with deltas that share it, one worker (medians of ${rounds} rounds and of ratios within each)`,
      figures,
    );
  }
}

/** Deltas that differ in nothing but their ids: whatever they cost comes of their number. */
function tiersOf(model: Model, delta: Delta, dtype: string): LocalTier[] {
  const variant = model.variants.find((each) => each.dtype === dtype)!;
  return Array.from({ length: Math.max(...COUNTS) }, (_, i) => {
    const contentId = createHash('sha256').update(`${delta.contentId} ${i}`).digest('hex');
    return { kind: 'local', placement: 'device', id: model.id, model, variant, delta: { ...delta, contentId } };
  });
}

const ask = (scheduler: Scheduler, tier: LocalTier, text: string, expectedRunMs: number): Promise<unknown> =>
  scheduler.run({
    tier,
    load: { provider: 'cpu', expectedRunMs },
    input: { task: 'text-classification', text, deltaId: tier.delta!.contentId },
  });

/** Requests a second of each block, by the number of deltas; blocks take turns, and the first round only warms up. */
async function ratesOf({
  texts,
  asked,
  concurrency,
  rounds,
  blockTexts,
}: {
  texts: readonly string[];
  asked: (text: string, of: number) => Promise<unknown>;
  concurrency: number;
  rounds: number;
  blockTexts: number;
}): Promise<Map<number, number[]>> {
  const rates = new Map<number, number[]>(COUNTS.map((count) => [count, []]));
  for (let i = 0; i < Math.max(...COUNTS); i++) await asked(texts[i]!, i);
  for (let round = 0; round <= rounds; round++) {
    const from = (round * blockTexts) % (texts.length - blockTexts);
    const block = texts.slice(from, from + blockTexts);
    for (const which of shuffled(COUNTS.length, seededRandom(round))) {
      const count = COUNTS[which]!;
      const random = seededRandom(round + 100);
      const queue = block.map((text) => [text, Math.floor(random() * count)] as const);
      const startMs = performance.now();
      await Promise.all(
        Array.from({ length: concurrency }, async () => {
          for (let next = queue.pop(); next; next = queue.pop()) await asked(...next);
        }),
      );
      if (round > 0) rates.get(count)!.push((1000 * block.length) / (performance.now() - startMs));
    }
  }
  return rates;
}
