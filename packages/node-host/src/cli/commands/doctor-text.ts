import { TerraceError, type Model, type Variant } from '@terrace/core';
import { examineText, recommendText, textModel, type LocalTextRung } from '@terrace/core/text';
import { createNodeTextEngine } from '../../engine/text/node-text-engine.js';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { readVerified } from '../../store/files/verified-file.js';
import { ms } from '../output.js';
import type { CheckContext, Finding } from './doctor-context.js';

/** A model that generates text is loaded, and expects what it should after a few texts; it need not be here. */
export async function tryTextVariant(
  model: Model,
  variant: Variant,
  { folders, context }: { readonly folders: ModelFolders; readonly context: CheckContext },
): Promise<Finding> {
  const name = `${model.id} ${variant.dtype}`;
  if (folders.presence(variant.weights) === 'missing') {
    const found = `not here: \`terrace models pull ${model.id} --from FOLDER\` brings it`;
    return { name, state: 'ok', found };
  }
  const engine = createNodeTextEngine();
  try {
    const rung = await rungOf(model, variant, folders, context);
    const session = await engine.load(await textModel(rung, folders, { signal: context.signal }), context);
    await examineText(session, rung, async (file) => readVerified(await folders.locate(file)));
    const { loadMs, decodeTokensPerSecond } = session.report;
    const found = `writes ${decodeTokensPerSecond.toFixed(0)} tokens/s after a load of ${ms(loadMs)}`;
    return { name, state: 'ok', found };
  } catch (error) {
    context.signal.throwIfAborted();
    if (!TerraceError.isInstance(error)) throw error;
    return { name, state: 'problem', found: error.message, fix: error.hint };
  } finally {
    await engine.close();
  }
}

/** @throws NoTierFitsError */
async function rungOf(
  model: Model,
  variant: Variant,
  folders: ModelFolders,
  context: CheckContext,
): Promise<LocalTextRung> {
  const catalog = { ...folders.current(), endpoints: [], models: [{ ...model, variants: [variant] }] };
  const { ladder } = recommendText({
    catalog,
    profile: await context.profile(),
    requirements: {
      domain: undefined,
      deadlineMs: undefined,
      maxCostUsd: undefined,
      residency: 'cloud',
      policy: 'cascade',
      promptTokens: 64,
      maxTokens: 64,
      n: 1,
    },
    presence: folders.presence,
    statistics: [],
    speeds: new Map(),
    loadedBytes: 0,
    memoryCeilingBytes: undefined,
    calibration: undefined,
    failed: new Set(),
  });
  return ladder[0] as LocalTextRung;
}
