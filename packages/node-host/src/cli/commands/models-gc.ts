import { collectGarbage as collect, type Collected } from '../../store/content/collect-garbage.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { filesOf, openModelFolders } from '../../store/catalog/model-folders.js';
import { bytes, print, printJson, table } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { addedModels, openCatalog } from './models-catalog.js';

export interface GcFlags extends GlobalFlags {
  readonly dryRun?: boolean;
}

/** `terrace models gc`: frees what no catalog names and no running process uses. */
export async function collectGarbage(flags: GcFlags): Promise<number> {
  const { settings } = await openCatalog(flags);
  const { store } = await openFetcher(settings);
  const added = addedModels(settings);
  const named = async (): Promise<Set<string>> => {
    // Read again: a model may have been installed a moment ago.
    const { folders } = await openModelFolders({ shipped: settings.models, added });
    return new Set(folders.flatMap(({ catalog }) => filesOf(catalog).map(({ sha256 }) => sha256)));
  };
  const dryRun = flags.dryRun === true;
  const collected = await collect(store, { named, dryRun });
  if (flags.json) printJson({ dryRun, ...collected });
  else print(describe(collected, dryRun));
  return 0;
}

const describe = ({ removed, freedBytes, keptBytes }: Collected, dryRun: boolean): string =>
  [
    ...(removed.length > 0 ? [table(removed.map(({ kind, name, bytes: size }) => [kind, bytes(size), name]))] : []),
    `${dryRun ? 'would free' : 'freed'} ${bytes(freedBytes)}; ${bytes(keptBytes)} are in use`,
  ].join('\n');
