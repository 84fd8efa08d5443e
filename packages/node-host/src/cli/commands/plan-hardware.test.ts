import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InvalidDataError } from '@terrace/core';
import { afterAll, describe, expect, it } from 'vitest';
import { readHardware } from './plan-hardware.js';

const folder = mkdtempSync(join(tmpdir(), 'terrace-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const machine = {
  name: 'box',
  memoryBytes: 4e9,
  cores: 4,
  gflops: 50,
  gigabytesPerSecond: 20,
  watts: 10,
  priceUsd: 300,
  lifetimeHours: 40_000,
};

function read(content: unknown): ReturnType<typeof readHardware> {
  const file = join(folder, 'machines.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readHardware(file);
}

describe('a list of machines', () => {
  it('is read as it is written', async () => {
    const withGpu = { ...machine, name: 'gpu', gpu: { memoryBytes: 8e9, gflops: 1e4 } };
    expect(await read([machine, withGpu])).toEqual([machine, withGpu]);
    expect(await read(`\uFEFF${JSON.stringify([machine])}`)).toEqual([machine]);
  });

  it.each([
    ['[]', 'at least one machine'],
    ['{', 'cannot be read'],
    ['{}', 'the list is wrong'],
    [[{ ...machine, lifetimeHours: 0 }], '[0].lifetimeHours is wrong'],
    [[{ ...machine, priceUsd: 1e9, lifetimeHours: 1e-300 }], '[0].lifetimeHours is wrong'],
    [' '.repeat(2 ** 22 + 1), 'at most 4194304 are read'],
    ['[{"name": "box", "priceUsd": NaN}]', 'cannot be read'],
    [[{ ...machine, priceUsd: null }], '[0].priceUsd is wrong'],
    [[machine, { ...machine, name: 'other', memory: 4 }], '[1] is wrong'],
    [[{ ...machine, gpu: { memoryBytes: -1, gflops: 1 } }], '[0].gpu.memoryBytes is wrong'],
    [[machine, machine], 'each name once'],
    [[{ ...machine, name: 'a\u001b[31m' }], '[0].name is wrong'],
    [[{ ...machine, name: 'a\u202eb' }], '[0].name is wrong'],
  ])('is refused as %.80j', async (content, message) => {
    const error: unknown = await read(content).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InvalidDataError);
    expect((error as Error).message).toContain(message);
  });

  it('is refused where there is no file', async () => {
    await expect(readHardware(join(folder, 'nowhere.json'))).rejects.toMatchObject({
      code: 'INVALID_DATA',
      hint: 'Check the path and its permissions.',
    });
  });
});
