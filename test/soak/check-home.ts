import { existsSync } from 'node:fs';
import path from 'node:path';
import { filesOf } from '@terrace/core';
import { openModelFolders, readVerified } from '@terrace/node-host';
import { checkDrift } from '../../packages/node-host/src/store/catalog/check-drift.js';
import { objectsOf } from '../../packages/node-host/src/store/content/collect-garbage.js';
import { openFetcher } from '../../packages/node-host/src/store/fetch/open-fetcher.js';
import { describeFile } from '../../packages/node-host/src/store/files/content-id.js';
import { SHIPPED } from '../support/run-cli.js';

/** No network is asked: what would have to be fetched counts as missing. */
const NO_HUB = { hub: 'http://127.0.0.1:9', hubToken: undefined };

/**
 * What a host meets that starts now, file by file: the catalog opens and fits its manifests, every file it names is
 * there and hashes to its name, and so does every object of the content store.
 * @returns what is wrong, each in a sentence
 */
export async function findCorrupt(home: string): Promise<string[]> {
  try {
    return [...(await wrongObjects(home)), ...(await wrongModels(home))];
  } catch (error) {
    return [String(error)];
  }
}

async function wrongObjects(home: string): Promise<string[]> {
  const { store } = await openFetcher({ home, ...NO_HUB });
  const wrong: string[] = [];
  for (const sha256 of await objectsOf(store)) {
    const found = await describeFile(store.root, store.pathOf(sha256));
    if (found.sha256 !== sha256) wrong.push(`the object ${sha256} holds ${found.sha256}`);
  }
  return wrong;
}

async function wrongModels(home: string): Promise<string[]> {
  const overlay = path.join(home, 'models');
  if (!existsSync(overlay)) return [];
  const fetcher = await openFetcher({ home, ...NO_HUB });
  const opened = await openModelFolders({ shipped: SHIPPED, added: overlay, fetcher });
  const [below, above] = opened.folders;
  if (!below || !above) return [];
  const wrong: string[] = [];
  for (const file of filesOf(above.catalog)) {
    if (opened.presence(file) === 'here') await readVerified(await opened.locate(file));
    else wrong.push(`${file.path} is gone`);
  }
  const drift = await checkDrift(above, below.catalog.models);
  return drift ? [...wrong, drift.message] : wrong;
}

/** Ids of the models and deltas that were added. */
export async function addedIds(home: string): Promise<string[]> {
  const { folders } = await openModelFolders({ shipped: SHIPPED, added: path.join(home, 'models') });
  const { models = [], deltas = [] } = folders[1]?.catalog ?? {};
  return [...models, ...deltas].map(({ id }) => id);
}
