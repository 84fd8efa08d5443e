import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { pipelineTier, type PipelineTierOptions } from '@terrace/core/pipeline';
import { plainImage, tinyImageModel } from '@terrace/core/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createNodePipelineEngine } from './node-pipeline-engine.js';

/** Threads cannot run sources. */
const workerUrl = new URL('../../dist/bundle/pipeline-worker.js', import.meta.url);
const scratch = mkdtempSync(path.join(os.tmpdir(), 'terrace-pipelines-'));
const engine = createNodePipelineEngine({ workerUrl });
afterAll(async () => {
  await engine.close();
  rmSync(scratch, { recursive: true, force: true });
});

function written(files: Readonly<Record<string, Uint8Array | string>>): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(Object.entries(files)))
    .digest('hex');
  const folder = path.join(scratch, hash.slice(0, 12));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

const tierOf = (model: string, options: Partial<PipelineTierOptions> = {}) =>
  pipelineTier({ task: 'image-classification', model, ...options })({ engine });

/** An image of one colour as a PNG file. */
function png([red, green, blue]: readonly [number, number, number]): Uint8Array {
  const chunk = (name: string, data: Buffer): Buffer => {
    const whole = Buffer.concat([Buffer.from(name), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(whole));
    return Buffer.concat([length, whole, checksum]);
  };
  const side = 4;
  const header = Buffer.from([0, 0, 0, side, 0, 0, 0, side, 8, 2, 0, 0, 0]);
  const row = Buffer.from([0, ...Array.from({ length: side }, () => [red, green, blue]).flat()]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: side }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

const PATIENT = { timeout: 60_000 };

describe('pipelines in threads', PATIENT, () => {
  const folder = written(tinyImageModel());
  const colours = tierOf(folder);
  beforeAll(() => colours.run(plainImage([0, 0, 0])), PATIENT.timeout);

  it.each([
    ['red', [255, 0, 0]],
    ['green', [0, 255, 0]],
    ['blue', [0, 0, 255]],
  ] as const)('know %s, as pixels and as a file', async (label, colour) => {
    for (const input of [plainImage(colour), { kind: 'image', bytes: png(colour) } as const]) {
      const { answer } = await colours.run(input);
      if (answer.kind !== 'scores') throw new Error(answer.kind);
      expect(answer.labels).toEqual(['blue', 'green', 'red']);
      expect(Math.exp(answer.logProbs[answer.labels.indexOf(label)]!)).toBeCloseTo(0.9993, 3);
    }
  });

  it('take images of different sizes side by side', async () => {
    const [small, large] = await Promise.all([
      colours.run(plainImage([0, 255, 0], { width: 4, height: 4 })),
      colours.run(plainImage([0, 0, 255], { width: 9, height: 5 })),
    ]);
    expect([small, large].map(({ output }) => (output as { label: string }[])[0]!.label)).toEqual(['green', 'blue']);
  });

  it('say what is no image, and go on', async () => {
    const broken = png([9, 9, 9]).subarray(0, 40);
    await expect(colours.run({ kind: 'image', bytes: broken })).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    const page = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>');
    await expect(colours.run({ kind: 'image', bytes: page })).rejects.toThrow('no PNG, JPEG or WebP');
    await expect(colours.run({ kind: 'text', text: 'http://127.0.0.1/a.png' })).rejects.toThrow('pixels or image');
    expect((await colours.run(plainImage([255, 0, 0]))).answer.kind).toBe('scores');
  });

  it('load again after they were released', async () => {
    const tier = tierOf(folder);
    await tier.run(plainImage([255, 0, 0]));
    await tier.release();
    expect((await tier.run(plainImage([255, 0, 0]))).answer.kind).toBe('scores');
    await tier.release();
  });

  it('are not waited for once nobody wants them', async () => {
    const control = new AbortController();
    const tier = tierOf(folder);
    const running = tier.run(plainImage([255, 0, 0]), control.signal);
    control.abort(new Error('never mind'));
    await expect(running).rejects.toThrow('never mind');
    expect((await tier.run(plainImage([255, 0, 0]))).answer.kind).toBe('scores');
  });
});

describe('a pipeline that cannot be', PATIENT, () => {
  const files = tinyImageModel();
  const without = (name: string): string =>
    written(Object.fromEntries(Object.entries(files).filter(([each]) => each !== name)));

  it.each<[string, () => string, Partial<PipelineTierOptions>, string]>([
    ['has no config', () => without('config.json'), {}, 'it has no config.json'],
    ['has no weights', () => without('onnx/model.onnx'), {}, 'cannot be loaded'],
    ['has no preprocessor', () => without('preprocessor_config.json'), {}, 'cannot be loaded'],
    ['has broken weights', () => written({ ...files, 'onnx/model.onnx': 'no graph' }), {}, 'cannot be loaded'],
    ['has a broken config', () => written({ ...files, 'config.json': '{' }), {}, 'cannot be loaded'],
    ['has no file of the dtype', () => written(files), { dtype: 'q4' }, 'cannot be loaded'],
    ['is for another task', () => written(files), { task: 'text-classification' }, 'cannot be loaded'],
    ['is a name on the hub', () => 'owner/name', {}, 'it has no config.json'],
  ])('as it %s is refused when it is loaded', async (_, folder, options, reason) => {
    const input = options.task === undefined ? plainImage([1, 2, 3]) : ({ kind: 'text', text: 'hello' } as const);
    const running = tierOf(folder(), options).run(input);
    await expect(running).rejects.toThrow(reason);
    await expect(running).rejects.toMatchObject({ code: 'ENGINE_FAILED' });
  });
});
