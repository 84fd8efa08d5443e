import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly resolved?: string }>>;
}

const lockFile = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as LockFile;
const entries = Object.entries(lockFile.packages);

it.each(['onnxruntime-common', 'onnxruntime-node', 'onnxruntime-web'])('installs one copy of %s', (name) => {
  // Two native runtimes in one process crash or answer with each other's state.
  const copies = entries.filter(([folder]) => folder.endsWith(`node_modules/${name}`));
  expect(copies.map(([folder]) => folder)).toEqual([`node_modules/${name}`]);
});

it('uses one version of onnxruntime', () => {
  const versions = entries.filter(([folder]) => /\/onnxruntime-\w+$/.test(folder)).map(([, entry]) => entry.version);
  expect(new Set(versions).size).toBe(1);
});

it('leaves the choice of registry to whoever installs', () => {
  const fixed = entries.filter(([, entry]) => entry.resolved?.startsWith('http'));
  expect(fixed.map(([folder]) => folder)).toEqual([]);
});
