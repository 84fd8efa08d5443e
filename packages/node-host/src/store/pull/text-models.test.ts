import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { systemClock } from '../../system-clock.js';
import { openSource } from '../add/source-folder.js';
import { stageModel } from '../add/stage-model.js';
import { noModels, temporaryFolder } from '../bundle/testing/tiny-models.js';
import { buildCatalog } from '../catalog/build-catalog.js';
import { openModelFolders } from '../catalog/model-folders.js';
import { rebuildCatalog } from '../catalog/rebuild-catalog.js';
import { openContentStore } from '../content/content-store.js';
import { createFetcher } from '../fetch/fetcher.js';
import { planPull } from './plan-pull.js';
import { runPull } from './run-pull.js';

const { signal } = new AbortController();

/** A model that generates text, with golden data and a tokenizer under a name of its own. @returns the folder of models */
function writer(): string {
  const models = temporaryFolder();
  const folder = path.join(models, 'text/writer');
  mkdirSync(folder, { recursive: true });
  const written = (name: string): object => {
    writeFileSync(path.join(folder, name), name);
    return { path: name, bytes: name.length, sha256: createHash('sha256').update(name).digest('hex') };
  };
  const manifest = {
    id: 'writer',
    task: 'text-generation',
    interface: 'transformers',
    language: ['en'],
    contextTokens: 64,
    licence: 'Apache-2.0',
    publisher: 'Terrace',
    layers: 2,
    hidden: 16,
    features: 300,
    flopsPerToken: 10_000,
    text: { family: 'tiny', kvHeads: 1, headDim: 16, endTokens: [2] },
    tokenizer: written('writer-tokenizer.json'),
    tokenizerConfig: written('writer-config.json'),
    files: { fp32: written('model.onnx') },
  };
  written('golden-text.json');
  writeFileSync(path.join(folder, 'model.json'), JSON.stringify(manifest));
  return models;
}

async function pull(from: string, ids: readonly string[]): Promise<string> {
  const home = temporaryFolder();
  const [shipped, overlay] = [await noModels(), path.join(home, 'models')];
  const storage = async () => ({ freeBytes: 2 ** 40, reserveBytes: 0 });
  const store = await openContentStore(path.join(home, 'store'), { storage });
  const transport = { fetch, clock: systemClock, random: Math.random, allowHttp: false };
  const fetcher = createFetcher({ store, transport, hub: 'https://hub.invalid' });
  const folders = await openModelFolders({ shipped, added: overlay, fetcher });
  const local = { catalog: folders.current(), presence: folders.presence, locate: folders.locate };
  const source = await fetcher.open(from, signal);
  const wish = { ids, providers: ['cpu'] };
  const plan = await planPull(source, { wish, local, trust: { home, clock: systemClock }, signal });
  await runPull({
    plan,
    source,
    fetcher,
    overlay,
    shipped,
    signal,
    onProgress: () => undefined,
    admit: async () => undefined,
  });
  return overlay;
}

it.each([
  ['its folder is pulled', (models: string) => pull(path.join(models, 'text/writer'), [])],
  [
    'the catalog around it is pulled from',
    async (models: string) => {
      await rebuildCatalog(models, []);
      return pull(models, ['writer']);
    },
  ],
  [
    'it is added from a folder',
    async (models: string) => {
      const root = temporaryFolder();
      await stageModel(await openSource(path.join(models, 'text/writer')), root, signal);
      return root;
    },
  ],
])('a model that generates text brings its golden data and its tokenizer when %s', async (_, bring) => {
  const models = writer();
  const [expected] = (await buildCatalog(models)).catalog.models;
  const [found] = (await buildCatalog(await bring(models))).catalog.models;
  for (const part of ['golden', 'tokenizer', 'tokenizerConfig'] as const) {
    expect(found![part]?.sha256).toBe(expected![part]!.sha256);
  }
});

it('a model that generates text is not added with another tokenizer than the one it names', async () => {
  const folder = path.join(writer(), 'text/writer');
  writeFileSync(path.join(folder, 'writer-tokenizer.json'), 'writer-tokenizer.jsoN');
  await expect(stageModel(await openSource(folder), temporaryFolder(), signal)).rejects.toThrow('sha256');
  rmSync(path.join(folder, 'writer-tokenizer.json'));
  await expect(stageModel(await openSource(folder), temporaryFolder(), signal)).rejects.toThrow(
    'writer-tokenizer.json',
  );
});
