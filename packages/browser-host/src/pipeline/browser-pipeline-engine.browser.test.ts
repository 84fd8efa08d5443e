import { createPipelineLadder, pipelineTier } from '@terrace/core/pipeline';
import { plainImage, tinyImageModel } from '@terrace/core/testing';
import { afterAll, expect, it } from 'vitest';
import { systemClock } from '../system-clock.js';
import { createBrowserPipelineEngine } from './browser-pipeline-engine.js';

/** As the page that a test runs in serves it. */
const transformersUrl = '/node_modules/@huggingface/transformers/dist/transformers.min.js';
const assetsUrl = '/terrace/';

const FOLDERS: Readonly<Record<string, ReturnType<typeof tinyImageModel>>> = {
  small: tinyImageModel({ sharpness: 1.2 }),
  large: tinyImageModel({ sharpness: 4 }),
};
const asked: string[] = [];
const models = async (path: string): Promise<Blob | undefined> => {
  asked.push(path);
  const [folder = '', ...rest] = path.split('/');
  const content = FOLDERS[folder]?.[rest.join('/')];
  return content === undefined ? undefined : new Blob([content as BlobPart]);
};
const engine = createBrowserPipelineEngine({ transformersUrl, models, assetsUrl });
afterAll(() => engine.close());

const tier = (model: string) => pipelineTier({ task: 'image-classification', model })({ engine });

async function pngOf(color: string): Promise<Uint8Array> {
  const canvas = new OffscreenCanvas(8, 8);
  const context = canvas.getContext('2d')!;
  context.fillStyle = color;
  context.fillRect(0, 0, 8, 8);
  return new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer());
}

it(
  'climbs from a small model to a large one, in workers over files that the page gives',
  { timeout: 60_000 },
  async () => {
    const tiers = [tier('small'), tier('large')];
    const task = 'image-classification';
    const ladder = createPipelineLadder({ task, tiers, clock: systemClock, random: Math.random });
    const demand = { minConfidence: 0.8 };
    const sure = await ladder.run({ kind: 'image', bytes: await pngOf('#ff0000') }, demand);
    expect(sure).toMatchObject({ label: 'red', path: ['small'], verdict: { kind: 'accept' } });
    expect(await ladder.run(plainImage([90, 200, 90]), demand)).toMatchObject({ label: 'green', path: ['large'] });
    expect(await ladder.run(plainImage([128, 130, 128]), demand)).toMatchObject({
      tier: 'large',
      verdict: { kind: 'abstain' },
    });
    await ladder.close();
    expect(asked).toContain('large/onnx/model.onnx');
    const outside = performance.getEntriesByType('resource').filter(({ name }) => !name.startsWith(location.origin));
    expect(outside.filter(({ name }) => /^https?:/.test(name))).toEqual([]);
  },
);

it('says what is not there, or cannot be', { timeout: 60_000 }, async () => {
  const image = plainImage([1, 2, 3]);
  await expect(tier('none').run(image)).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  const gone = createBrowserPipelineEngine({ transformersUrl: '/nothing.js', models, assetsUrl });
  const lost = pipelineTier({ task: 'image-classification', model: 'small' })({ engine: gone });
  await expect(lost.run(image)).rejects.toThrow('transformers.js cannot be loaded');
  await gone.close();
  await expect(
    tier('small').run({ kind: 'image', bytes: (await pngOf('#000')).subarray(0, 20) }),
  ).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
  });
});
