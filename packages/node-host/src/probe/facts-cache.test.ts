import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readFacts, writeFacts } from './facts-cache.js';
import type { FactsKey, SlowFacts } from './slow-facts.js';
import { createFakeRoot, type FakeRoot } from './testing/fake-root.js';

const key: FactsKey = { format: 1, cpuModel: 'A CPU', runtimeVersion: '1.30.0', arch: 'x64' };
const facts: SlowFacts = {
  os: 'Linux',
  cpu: { model: 'A CPU', features: ['avx2'] },
  rates: { gflops: { fp32: 90, int8: 400, q4: 100 }, gigabytesPerSecond: 24, overheadMs: 0.01 },
  accelerators: [
    { id: 'cuda', rates: { gflops: { fp32: 9000, int8: 9000, q4: 90 }, gigabytesPerSecond: 300, overheadMs: 0.1 } },
  ],
  refused: [{ id: 'dml', reason: 'no adapter' }],
};

let root: FakeRoot;
let file: string;
beforeEach(() => {
  root = createFakeRoot();
  file = join(root.path, 'deep', 'er', 'device.json');
});
afterEach(() => root.remove());

describe('the cache of slow facts', () => {
  it('gives back what was written and leaves no temporary file', async () => {
    expect(await writeFacts(file, { key, measuredAtWallMs: 5, facts })).toBe(true);
    expect(readFacts(file, key)).toEqual(facts);
    expect(readdirSync(dirname(file))).toEqual(['device.json']);
  });

  it('is nothing when there is no file', () => {
    expect(readFacts(file, key)).toBeUndefined();
  });

  it.each([
    ['format', { ...key, format: 2 }],
    ['CPU', { ...key, cpuModel: 'Another CPU' }],
    ['runtime', { ...key, runtimeVersion: '1.31.0' }],
    ['architecture', { ...key, arch: 'arm64' }],
  ])('is nothing for another %s', async (_, other) => {
    await writeFacts(file, { key, measuredAtWallMs: 5, facts });
    expect(readFacts(file, other)).toBeUndefined();
  });

  it('is nothing when the file is cut off, is no JSON object or holds an impossible rate', async () => {
    await writeFacts(file, { key, measuredAtWallMs: 5, facts });
    const text = readFileSync(file, 'utf8');
    for (const damaged of [text.slice(0, 40), '', 'null', '[]', '\0\0', text.replace('400', '-1')]) {
      writeFileSync(file, damaged);
      expect(readFacts(file, key)).toBeUndefined();
    }
  });

  it('says so, and leaves nothing behind, when the place cannot be written', async () => {
    root.write({ blocked: 'a file where a folder should be' });
    expect(await writeFacts(join(root.path, 'blocked', 'device.json'), { key, measuredAtWallMs: 5, facts })).toBe(
      false,
    );
    root.write({ 'taken/device.json/inside': 'a folder where the file should be' });
    expect(await writeFacts(join(root.path, 'taken', 'device.json'), { key, measuredAtWallMs: 5, facts })).toBe(false);
    expect(readdirSync(join(root.path, 'taken'))).toEqual(['device.json']);
  });
});
