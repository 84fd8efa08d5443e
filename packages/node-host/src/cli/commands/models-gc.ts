import { collectGarbage as collect, type Collected } from '../../store/content/collect-garbage.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { namedContents } from '../../store/content/named-contents.js';
import { bytes, print, printJson, table } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { addedModels, openCatalog } from './models-catalog.js';

export interface GcFlags extends GlobalFlags {
  readonly dryRun?: boolean;
}

/** `terrace models gc`: frees what no catalog names and no running process uses. */
export async function collectGarbage(flags: GcFlags, signal?: AbortSignal): Promise<number> {
  const { settings } = await openCatalog(flags);
  const { store } = await openFetcher(settings);
  const added = addedModels(settings);
  // Read again: a model may have been installed a moment ago.
  const named = (): Promise<Set<string>> => namedContents({ shipped: settings.models, added, signal });
  const dryRun = flags.dryRun === true;
  const collected = await collect(store, { named, dryRun, signal });
  if (flags.json) printJson({ dryRun, ...collected });
  else print(describe(collected, dryRun));
  return 0;
}

const describe = ({ removed, freedBytes, keptBytes }: Collected, dryRun: boolean): string =>
  [
    ...(removed.length > 0 ? [table(removed.map(({ kind, name, bytes: size }) => [kind, bytes(size), name]))] : []),
    `${dryRun ? 'would free' : 'freed'} ${bytes(freedBytes)}; ${bytes(keptBytes)} are in use`,
  ].join('\n');
