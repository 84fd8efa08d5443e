import { mkdtempSync, rmSync, writeFileSync, cpSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { deltaManifestSchema, InvalidDataError, InvalidRequestError } from '@terrace/core';
import { readSafetensors } from '@terrace/core/engine';
import { expect, it, onTestFinished } from 'vitest';
import { shippedModels } from '../catalog/model-folders.js';
import { packDelta } from './pack-delta.js';
import { readAdapter } from './read-adapter.js';
import { storeAs } from './store-as.js';

const SHIPPED = path.join(shippedModels(), 'deltas/banking77/base');

function folderOf(...names: readonly string[]): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-adapter-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of names) cpSync(path.join(SHIPPED, name), path.join(folder, name));
  return folder;
}

it('writes a delta with 8-bit numbers, near to what it was and half as large', async () => {
  const packed = await packDelta(SHIPPED);
  const files = storeAs(packed, 'int8');
  expect(deltaManifestSchema.parse(JSON.parse(new TextDecoder().decode(files.get('delta.json'))))).toEqual({
    ...packed.manifest,
    format: 2,
  });
  for (const name of ['head.safetensors', 'adapter_model.safetensors']) {
    const [before, after] = [packed.files.get(name)!, files.get(name)!];
    expect(after.length).toBeLessThan(before.length * 0.7);
    const tensors = readSafetensors(after);
    for (const [tensor, { data }] of readSafetensors(before)) {
      const largest = Math.max(...data.map(Math.abs));
      const worst = Math.max(...data.map((value, i) => Math.abs(value - tensors.get(tensor)!.data[i]!)));
      expect(worst).toBeLessThanOrEqual(largest / 127);
    }
  }
});

it('reads an adapter with its head, and the labels from delta.json or labels.json', async () => {
  const files = ['adapter_config.json', 'adapter_model.safetensors', 'head.safetensors'];
  const whole = await readAdapter(folderOf(...files, 'delta.json'));
  expect(whole.head?.labels).toHaveLength(77);
  const folder = folderOf(...files);
  await expect(readAdapter(folder)).rejects.toSatisfy((error) => InvalidRequestError.isInstance(error));
  writeFileSync(path.join(folder, 'labels.json'), JSON.stringify(whole.head?.labels));
  expect((await readAdapter(folder)).head).toEqual(whole.head);
  writeFileSync(path.join(folder, 'labels.json'), '{"first": 1}');
  await expect(readAdapter(folder)).rejects.toSatisfy((error) => InvalidDataError.isInstance(error));
});

it('takes an adapter without a head, and no folder without an adapter', async () => {
  const found = await readAdapter(folderOf('adapter_config.json', 'adapter_model.safetensors'));
  expect(found).toMatchObject({ head: undefined, outOfScopeLabel: null });
  await expect(readAdapter(folderOf('adapter_config.json'))).rejects.toMatchObject({ code: 'ARTIFACT_MISSING' });
});
