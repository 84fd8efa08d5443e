import {
  engineDelta,
  engineModel,
  NoTierFitsError,
  TerraceError,
  type Catalog,
  type EngineOutput,
  type EngineSession,
  type Model,
  type ModelEngine,
  type SelfTest,
  type LocalTier,
  type Variant,
} from '@terrace/core';
import { createNodeEngine } from '../../engine/node-engine.js';
import { nodeSelfTest } from '../../node-self-test.js';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { ms } from '../output.js';
import { rank, type Check, type CheckContext, type Finding } from './doctor-context.js';
import { tryTextVariant } from './doctor-text.js';
import { describeVerdict } from './doctor-verdict.js';

const TEXT = 'how do i freeze my account after someone stole my card';

interface Examiner {
  readonly engine: ModelEngine;
  readonly selfTest: SelfTest;
  readonly folders: ModelFolders;
  readonly context: CheckContext;
  /** What the self-test could not read or keep. */
  readonly complaints: string[];
}

/**
 * Every variant that is here is loaded with every provider of this device, one after the other, is tested anew, and answers with
 * each of its deltas.
 */
export const everyVariant: Check = {
  name: 'answers',
  async run(context) {
    const folders = await context.folders();
    const engine = createNodeEngine();
    const complaints: string[] = [];
    const selfTest = nodeSelfTest({
      home: (await context.settings()).home,
      models: folders,
      onFailure: (error) => complaints.push(error instanceof Error ? error.message : String(error)),
    });
    const findings: Finding[] = [];
    try {
      for (const model of folders.current().models) {
        for (const variant of model.variants) {
          findings.push(...(await tryVariant(model, variant, { engine, selfTest, folders, context, complaints })));
        }
      }
    } finally {
      await engine.close();
    }
    return [...findings, ...[...new Set(complaints)].map(toWarning)];
  },
};

const toWarning = (found: string): Finding => ({
  name: 'self-test',
  state: 'warning',
  found,
  fix: 'Until it is put right, the models concerned are tested at every start, and golden data may go unused.',
});

async function tryVariant(model: Model, variant: Variant, examiner: Examiner): Promise<Finding[]> {
  const { context, folders } = examiner;
  const name = `${model.id} ${variant.dtype}`;
  const here = (await context.profile()).providers.map(({ id }) => id);
  const providers = variant.providers.filter((id) => here.includes(id));
  if (providers.length === 0) {
    return [{ name, state: 'ok', found: `not for this device: it runs on ${variant.providers.join(', ')}` }];
  }
  if (folders.presence(variant.weights) === 'fetchable') {
    return [{ name, state: 'ok', found: 'not tested: it is fetched when it is first used' }];
  }
  if (model.text) return [await tryTextVariant(model, variant, examiner)];
  const unfit = await whyUnfit(model, variant, folders.current(), context);
  if (unfit) return [{ name, state: 'warning', found: `not tested: ${unfit.message}`, fix: unfit.hint }];
  const findings: Finding[] = [];
  for (const provider of providers) {
    context.signal.throwIfAborted();
    const tier: LocalTier = {
      kind: 'local',
      id: model.id,
      placement: model.placement,
      model,
      variant,
      delta: undefined,
    };
    // `cpu` is what a variant is known by: the others say which they are.
    findings.push(await tryProvider(provider === 'cpu' ? name : `${name} ${provider}`, tier, provider, examiner));
  }
  return findings;
}

/** The recommender's word on this one variant: memory, battery and heat. */
async function whyUnfit(
  model: Model,
  variant: Variant,
  catalog: Catalog,
  context: CheckContext,
): Promise<NoTierFitsError | undefined> {
  const { task } = model;
  if (task === 'text-generation') throw new Error('a text model is rated by itself');
  try {
    await rank(context, { ...catalog, models: [{ ...model, variants: [variant] }] }, { task });
    return undefined;
  } catch (error) {
    if (NoTierFitsError.isInstance(error)) return error;
    throw error;
  }
}

async function tryProvider(name: string, tier: LocalTier, provider: string, examiner: Examiner): Promise<Finding> {
  const { context, folders, engine, selfTest } = examiner;
  const { signal } = context;
  // In a worker, whatever the speed: a crash there is an error here.
  const open = async (id: string): Promise<EngineSession> =>
    engine.load(await engineModel(tier, { store: folders, provider: id, expectedRunMs: Infinity }), { signal });
  try {
    const session = await open(provider);
    try {
      const tested = withDelta(tier, provider, folders);
      const openReference = (): Promise<EngineSession> => open('cpu');
      const verdict = await selfTest.verifyAnew({ session, tier: tested, provider, openReference, signal });
      const answers = verdict.kind === 'passed' ? await answer(session, tier, folders) : '';
      return describeVerdict(name, tier, provider, verdict, answers);
    } finally {
      await session.release();
    }
  } catch (error) {
    signal.throwIfAborted();
    const hint = TerraceError.isInstance(error) ? error.hint : 'Please report it with this output.';
    const { found, cause } = inWords(error);
    return { name, state: 'problem', found: cause === undefined ? found : `${found} ${cause}`, fix: hint };
  }
}

/** The runtime's own words are what helps with a file it refuses. */
function inWords(error: unknown): { found: string; cause: string | undefined } {
  if (!(error instanceof Error)) return { found: String(error), cause: undefined };
  const { cause } = error;
  return { found: error.message, cause: cause instanceof Error ? cause.message.split('\n', 1)[0] : undefined };
}

/** Another provider than `cpu` is compared on a delta as well, where there is one. */
function withDelta(tier: LocalTier, provider: string, folders: ModelFolders): LocalTier {
  return provider === 'cpu' ? tier : { ...tier, delta: deltasOf(tier, folders)[0] };
}

const deltasOf = ({ model, variant }: LocalTier, folders: ModelFolders): Catalog['deltas'] =>
  folders
    .current()
    .deltas.filter(({ base }) => base.id === model.id && Object.values(base.files).includes(variant.weights.sha256));

/** @throws TerraceError when a delta does not load, or its answer is no number */
async function answer(session: EngineSession, tier: LocalTier, folders: ModelFolders): Promise<string> {
  const { task, labels, id } = tier.model;
  if (task === 'text-generation') throw new Error('a text model answers no encoder session');
  const output = await session.run({ task, text: TEXT, deltaId: undefined });
  requireAnswer(output, id, task === 'text-classification' ? labels?.length : undefined);
  const deltas = deltasOf(tier, folders);
  for (const delta of deltas) {
    await session.attach(await engineDelta({ ...tier, delta }, folders));
    const adapted = await session.run({ task: 'text-classification', text: TEXT, deltaId: delta.contentId });
    requireAnswer(adapted, delta.id, delta.labels.length);
  }
  const withDeltas = deltas.length === 0 ? '' : `, also as ${deltas.map((delta) => delta.id).join(', ')}`;
  return `answers in ${ms(output.runMs)} after a load of ${ms(session.report.loadMs)}${withDeltas}`;
}

function requireAnswer({ values }: EngineOutput, id: string, expected: number | undefined): void {
  if (values.length > 0 && (expected ?? values.length) === values.length && values.every(Number.isFinite)) return;
  const wrong = values.every(Number.isFinite)
    ? `${values.length} values, ${expected} labels`
    : 'values that are no numbers';
  throw new Error(`${id} answers with ${wrong}`);
}
