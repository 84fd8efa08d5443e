import { InvalidRequestError } from '@terrace/core';
import type { Trust } from '../../trust/signed-by.js';
import { LIMITS } from '../add/source-folder.js';
import type { PullSource } from '../fetch/pull-source.js';
import type { PullWish } from './choose-pull.js';
import type { LocalFiles } from './choose-sound.js';
import { planCatalog } from './plan-catalog.js';
import { planDeltaFolder, planHubModel, planModelFolder } from './plan-folder.js';
import type { PullPlan } from './pull-plan.js';

/**
 * What a pull will bring, with the size and hash of every file, before any of the large ones is asked for.
 * @throws InvalidRequestError, InvalidCatalogError, InvalidSignatureError, ArtifactCorruptError, DownloadError, the signal's reason
 */
export async function planPull(
  source: PullSource,
  context: { wish: PullWish; local: LocalFiles; trust: Trust; signal: AbortSignal },
): Promise<PullPlan> {
  const read = async (name: string): Promise<Uint8Array | undefined> =>
    source.paths && !source.paths.includes(name) ? undefined : source.read(name, LIMITS.manifest, context.signal);
  const catalog = await read('catalog.json');
  if (catalog) return planCatalog(source, catalog, context);
  requireNoIds(context.wish);
  const model = await read('model.json');
  if (model) return planModelFolder(source, model, context);
  const delta = await read('delta.json');
  if (delta) return planDeltaFolder(source, delta, context);
  if (source.paths?.includes('config.json')) return planHubModel(source, context);
  throw new InvalidRequestError({
    message: `${source.place} holds neither catalog.json nor model.json nor delta.json${source.paths ? ' nor config.json' : ''}.`,
    hint: 'Name the folder that holds one of them, or a repository of the hub by hf:owner/name.',
    facts: { source: source.place },
  });
}

function requireNoIds({ ids, domain }: PullWish): void {
  if (ids.length === 0 && domain === undefined) return;
  throw new InvalidRequestError({
    message: 'The source has no catalog.json to choose from.',
    hint: 'Leave ids and --domain out to pull the one model it holds.',
  });
}
