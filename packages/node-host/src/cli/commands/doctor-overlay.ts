import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { TerraceError, type Model } from '@terrace/core';
import { finishInterrupted } from '../../store/add/swap-together.js';
import { unfinished } from '../../store/add/unfinished.js';
import { buildCatalog } from '../../store/catalog/build-catalog.js';
import { checkDrift } from '../../store/catalog/check-drift.js';
import { openFolder } from '../../store/catalog/model-folders.js';
import { rebuildCatalog } from '../../store/catalog/rebuild-catalog.js';
import { openFetcher } from '../../store/fetch/open-fetcher.js';
import { systemClock } from '../../system-clock.js';
import { damagedFiles } from './damaged-files.js';
import type { Check, Finding } from './doctor-context.js';
import { addedModels } from './models-catalog.js';
import { setAside } from './set-aside.js';

const NAME = 'added models';

/** The catalog of the user's own models is made from their manifests, so it can be made again. */
export const overlayCatalog: Check = {
  name: NAME,
  async run(context) {
    const settings = await context.settings();
    const overlay = addedModels(settings);
    if (!existsSync(overlay)) return [{ name: NAME, state: 'ok', found: 'none were added' }];
    const shipped = (await openFolder(settings.models)).catalog;
    const bases = shipped.models;
    const begun = unfinished(overlay).length;
    if (begun > 0 && !context.fix) {
      const found = `${begun} installations in ${overlay} were interrupted`;
      return [
        { name: NAME, state: 'warning', found, fix: 'The next start finishes them; `terrace doctor --fix` does too.' },
      ];
    }
    const finished = await finishInterrupted(overlay, async () => shipped);
    const notes = finished.map((found): Finding => ({
      name: NAME,
      state: 'fixed',
      found,
      fix: 'Nothing is left to do.',
    }));
    const wrong = await findWrong(overlay, bases);
    if (wrong === undefined) {
      return [...notes, { name: NAME, state: 'ok', found: `the catalog of ${overlay} fits its manifests` }];
    }
    const { store } = await openFetcher(settings);
    const trust = { home: settings.home, clock: systemClock };
    const damaged = await damagedFiles(overlay, { store, trust, signal: context.signal });
    if (damaged.length > 0) return [...notes, notRebuilt(overlay, damaged, wrong)];
    if (!context.fix) {
      return [
        {
          name: NAME,
          state: 'problem',
          found: wrong,
          fix: 'Run `terrace doctor --fix` to write it anew from the manifests.',
        },
      ];
    }
    return [...notes, await rebuild(overlay, bases, wrong)];
  },
};

/** @returns undefined when nothing is wrong, or there is nothing to be named */
async function findWrong(overlay: string, bases: readonly Model[]): Promise<string | undefined> {
  const catalog = join(overlay, 'catalog.json');
  if (!existsSync(catalog)) {
    const { models, deltas, endpoints = [] } = (await buildCatalog(overlay, bases)).catalog;
    return models.length + deltas.length + endpoints.length === 0
      ? undefined
      : `${catalog} is missing, and models are there to be named`;
  }
  try {
    const drift = await checkDrift(await openFolder(overlay), bases);
    return drift && `${overlay}: ${drift.message}`;
  } catch (error) {
    if (!TerraceError.isInstance(error)) throw error;
    return `${catalog} cannot be used: ${error.message}`;
  }
}

/** A catalog made from damaged files would vouch for them. */
function notRebuilt(overlay: string, damaged: readonly string[], wrong: string): Finding {
  const more = damaged.length > 1 ? ` and ${damaged.length - 1} more` : '';
  const found = `${wrong}; it is not written anew, because ${damaged[0]}${more} is missing or damaged`;
  return {
    name: NAME,
    state: 'problem',
    found,
    fix: `Pull, import or add again what the file belongs to, or remove it (\`terrace models remove ID\`); if you changed it yourself, run \`terrace models index ${overlay}\`.`,
  };
}

/** Manifests that make no catalog stay a problem, with their own words; the old catalog is then left in its place. */
async function rebuild(overlay: string, bases: readonly Model[], found: string): Promise<Finding> {
  const catalog = join(overlay, 'catalog.json');
  const aside = existsSync(catalog) ? await setAside(catalog, systemClock.wallMs()) : undefined;
  try {
    const { catalog: rebuilt } = await rebuildCatalog(overlay, bases);
    const count = `${rebuilt.models.length} models and ${rebuilt.deltas.length} deltas`;
    const kept = aside === undefined ? '' : `; the old one is ${aside}`;
    return { name: NAME, state: 'fixed', found, fix: `It was written anew from the manifests, with ${count}${kept}.` };
  } catch (error) {
    if (aside !== undefined) await rename(aside, catalog);
    if (!TerraceError.isInstance(error)) throw error;
    return {
      name: NAME,
      state: 'problem',
      found: `${found}; it cannot be written anew: ${error.message}`,
      fix: error.hint,
    };
  }
}
