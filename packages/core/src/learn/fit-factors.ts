import type { Delta } from '../catalog/schema.js';
import type { Head } from '../delta/fit/head.js';
import { engineModel } from '../load/engine-model.js';
import type { EngineDelta } from '../ports/model-engine.js';
import type { DeltasPorts } from './deltas-ports.js';
import type { FitSet, Watch } from './fit-set.js';
import { encodeFactors, encodeHead, type PackedFactors } from './pack-delta.js';
import type { RungPlan } from './plan-fit.js';

/** With fewer rows factors learn the rows, not what they mean. */
const LEAST_ROWS = 300;
const LEAST_BUDGET_MS = 30_000;
const MOST_BUDGET_MS = 120_000;

/**
 * Low-rank factors where the model has layers and there are rows that tell whether they pay.
 * @returns them as files, and as a delta that an engine of this host can attach; undefined where they do not pay
 */
export async function tryFactors(
  {
    plan: { rung, labels },
    set,
    truth,
    frozen,
    textMs,
  }: {
    readonly plan: RungPlan;
    readonly set: FitSet;
    readonly truth: Int32Array<ArrayBuffer>;
    readonly frozen: Head;
    readonly textMs: number;
  },
  ports: DeltasPorts,
  { signal, onProgress }: Watch,
): Promise<{ readonly factors: PackedFactors; readonly draft: EngineDelta } | undefined> {
  const { model } = rung.tier;
  if (model.layers === 0 || set.heldOut.length === 0 || set.rows.length < LEAST_ROWS) return undefined;
  const { provider, predictedMs: expectedRunMs } = rung.estimate;
  const fitted = await ports.fitter.fitFactors(
    {
      labels,
      truth,
      weights: set.weights,
      seed: set.seed,
      model: await engineModel(rung.tier, {
        store: ports.store,
        provider,
        expectedRunMs,
        ...(signal && { signal }),
      }),
      texts: set.rows.map(({ text }) => text),
      frozen,
      budgetMs: Math.min(MOST_BUDGET_MS, Math.max(LEAST_BUDGET_MS, 2 * textMs * set.rows.length)),
    },
    { signal, onProgress: (progress) => onProgress?.({ stage: 'factors', rung: rung.tier.id, ...progress }) },
  );
  if (!fitted) return undefined;
  const factors = encodeFactors(fitted, { dtype: set.dtype, model });
  const [adapter, head] = await Promise.all([
    ports.revisions.scratch(factors.files.get('adapter_model.safetensors')!),
    ports.revisions.scratch(encodeHead(frozen, set.dtype)),
  ]);
  return { factors, draft: { deltaId: adapter.sha256, rank: factors.rank, labelCount: labels.length, head, adapter } };
}

/** The factors of a delta in force as they lie there, for a new head over them. */
export async function keptFactors(
  { rank, scale, adapter, adapterConfig }: Delta,
  { store, readFile }: Pick<DeltasPorts, 'store' | 'readFile'>,
): Promise<PackedFactors | undefined> {
  if (!adapter) return undefined;
  const files = new Map([['adapter_model.safetensors', await readFile(await store.locate(adapter))]]);
  if (adapterConfig) files.set('adapter_config.json', await readFile(await store.locate(adapterConfig)));
  return { rank, scale, files };
}
