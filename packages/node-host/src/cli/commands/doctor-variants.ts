import {
  createLoader,
  NoTierFitsError,
  TerraceError,
  type Catalog,
  type EngineOutput,
  type Lease,
  type Model,
  type Tier,
  type Variant,
} from '@terrace/core';
import { createNodeEngine } from '../../engine/node-engine.js';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { ms } from '../output.js';
import { rank, type Check, type CheckContext, type Finding } from './doctor-context.js';

const TEXT = 'how do i freeze my account after someone stole my card';

/** Every variant that runs here is loaded and answers, alone and with each delta, one after the other. */
export const everyVariant: Check = {
  name: 'answers',
  async run(context) {
    const folders = await context.folders();
    const { models } = folders.current();
    const findings: Finding[] = [];
    for (const model of models) {
      for (const variant of model.variants) {
        context.signal.throwIfAborted();
        findings.push(await tryVariant(model, variant, folders, context));
      }
    }
    return findings;
  },
};

async function tryVariant(
  model: Model,
  variant: Variant,
  folders: ModelFolders,
  context: CheckContext,
): Promise<Finding> {
  const name = `${model.id} ${variant.dtype}`;
  const here = (await context.profile()).providers.map(({ id }) => id);
  if (!variant.providers.some((id) => here.includes(id))) {
    return { name, state: 'ok', found: `not for this device: it runs on ${variant.providers.join(', ')}` };
  }
  const unfit = await whyUnfit(model, variant, folders.current(), context);
  if (unfit) return { name, state: 'warning', found: `not tried: ${unfit.message}`, fix: unfit.hint };
  try {
    return { name, state: 'ok', found: await answer(model, variant, folders, context.signal) };
  } catch (error) {
    context.signal.throwIfAborted();
    const hint = TerraceError.isInstance(error) ? error.hint : 'Please report it with this output.';
    return { name, state: 'problem', found: error instanceof Error ? error.message : String(error), fix: hint };
  }
}

/** The recommender's word on this one variant: memory, battery and heat. */
async function whyUnfit(
  model: Model,
  variant: Variant,
  catalog: Catalog,
  context: CheckContext,
): Promise<NoTierFitsError | undefined> {
  try {
    await rank(context, { ...catalog, models: [{ ...model, variants: [variant] }] }, { task: model.task });
    return undefined;
  } catch (error) {
    if (NoTierFitsError.isInstance(error)) return error;
    throw error;
  }
}

/** @throws TerraceError when it does not load, or answers with what is no number */
async function answer(model: Model, variant: Variant, folders: ModelFolders, signal: AbortSignal): Promise<string> {
  const loader = createLoader({ engine: createNodeEngine(), store: folders, onLoad: () => undefined });
  const tier: Tier = { id: model.id, placement: model.placement, model, variant, delta: undefined };
  // In a worker, whatever the speed: a crash there is an error here.
  const load = { provider: variant.providers.includes('cpu') ? 'cpu' : variant.providers[0]!, expectedRunMs: Infinity };
  const deltas = folders
    .current()
    .deltas.filter(({ base }) => base.id === model.id && Object.values(base.files).includes(variant.weights.sha256));
  try {
    const plain = await loader.acquire(tier, load, signal);
    const { report } = plain.session;
    const output = await run(plain, model.task, undefined);
    const expected = model.task === 'text-classification' ? model.labels?.length : undefined;
    requireAnswer(output, model.id, expected);
    for (const delta of deltas) {
      const lease = await loader.acquire({ ...tier, delta }, load, signal);
      requireAnswer(await run(lease, 'text-classification', delta.contentId), delta.id, delta.labels.length);
    }
    const withDeltas = deltas.length === 0 ? '' : `, also as ${deltas.map(({ id }) => id).join(', ')}`;
    return `answers in ${ms(output.runMs)} after a load of ${ms(report.loadMs)}${withDeltas}`;
  } finally {
    await loader.close();
  }
}

async function run({ session, done }: Lease, task: Model['task'], deltaId: string | undefined): Promise<EngineOutput> {
  try {
    return await session.run({ task, text: TEXT, deltaId });
  } finally {
    done();
  }
}

function requireAnswer({ values }: EngineOutput, id: string, expected: number | undefined): void {
  if (values.length > 0 && (expected ?? values.length) === values.length && values.every(Number.isFinite)) return;
  const wrong = values.every(Number.isFinite)
    ? `${values.length} values, ${expected} labels`
    : 'values that are no numbers';
  throw new Error(`${id} answers with ${wrong}`);
}
