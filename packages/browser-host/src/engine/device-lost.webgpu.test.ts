import { createRuntime, type Catalog, type FileRef, type ModelStore } from '@terrace/core';
import { createFakePorts, exampleBrowserProfile } from '@terrace/core/testing';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createBrowserEngine } from './browser-engine.js';
import { BUILT_FILES } from './testing/shipped-model.js';
import { watchedWorker } from './testing/watched-worker.js';

const store: ModelStore = {
  presence: () => 'here',
  locate: async ({ path, bytes, sha256 }: FileRef) => ({
    location: new URL(`/${path}`, location.origin).href,
    bytes,
    sha256,
  }),
};

it('a request during which the GPU is lost is answered, by a worker with another device', async () => {
  const shipped = (await (await fetch('/catalog.json')).json()) as Catalog;
  const catalog: Catalog = { ...shipped, models: shipped.models.filter(({ id }) => id === 'nano'), domains: [] };
  const webgpu = exampleBrowserProfile().providers.find(({ id }) => id === 'webgpu')!;
  const worker = watchedWorker();
  const fakes = createFakePorts({
    catalog,
    calibration: 'none',
    profile: exampleBrowserProfile({ providers: [webgpu] }),
  });
  const engine = createBrowserEngine({
    files: { ...BUILT_FILES, engineWorker: worker.url },
    allowSoftwareGpu: true,
  });
  const runtime = createRuntime({ ...fakes, clock: systemClock, store, engine });
  onTestFinished(() => runtime.close());
  const ask = () => runtime.run({ text: 'freeze my account', task: 'feature-extraction' });
  const before = await ask();
  const answers = Promise.all([ask(), ask(), ask()]);
  worker.destroyDevice();
  for (const answer of [...(await answers), await ask()]) expect(answer.output).toEqual(before.output);
  expect(fakes.failures).toEqual([]);
  await runtime.flush();
  expect(fakes.entries.filter(({ kind }) => kind === 'load')).toHaveLength(2);
});
