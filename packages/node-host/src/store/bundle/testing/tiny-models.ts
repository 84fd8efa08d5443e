import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { rebuildCatalog } from '../../catalog/rebuild-catalog.js';

const HIDDEN = 4;
const LABELS = ['cold', 'warm'];

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-bundle-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder with one model of a few bytes, `tiny`, and one delta of the domain `weather`. Nothing of it can run. */
export async function tinyModels({ licence = 'MIT', seed = 'a' }: { licence?: string; seed?: string } = {}) {
  const folder = path.join(temporaryFolder(), 'models');
  const weights = Buffer.from(`weights ${seed}`.padEnd(600, '.'));
  const sha256 = createHash('sha256').update(weights).digest('hex');
  const write = (name: string, content: object | Buffer): void => {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), Buffer.isBuffer(content) ? content : JSON.stringify(content));
  };
  write('tiny/model.onnx', weights);
  write('tiny/tokenizer.json', { version: '1.0' });
  write('tiny/LICENSE', Buffer.from('As you like.\n'));
  write('tiny/model.json', {
    id: 'tiny',
    task: 'feature-extraction',
    language: ['en'],
    contextTokens: 16,
    licence,
    publisher: 'Test',
    version: '1.2.0',
    layers: 1,
    heads: 1,
    hidden: HIDDEN,
    features: HIDDEN,
    flopsPerToken: 1,
    files: { int8: { path: 'model.onnx', bytes: weights.length, sha256 } },
  });
  const head = { 'head.weight': [LABELS.length, HIDDEN], 'head.bias': [LABELS.length] };
  write('deltas/weather/tiny/head.safetensors', safetensors(head));
  write('deltas/weather/tiny/delta.json', {
    format: 1,
    id: 'weather/tiny',
    domain: 'weather',
    base: { id: 'tiny', files: { int8: sha256 } },
    rank: 0,
    labels: LABELS,
  });
  await rebuildCatalog(folder, []);
  return folder;
}

/** A folder of models that has none. */
export async function noModels(): Promise<string> {
  const folder = path.join(temporaryFolder(), 'models');
  mkdirSync(folder);
  await rebuildCatalog(folder, []);
  return folder;
}

function safetensors(shapes: Readonly<Record<string, readonly number[]>>): Buffer {
  let at = 0;
  const header = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const bytes = 4 * shape.reduce((product, each) => product * each, 1);
      return [name, { dtype: 'F32', shape, data_offsets: [at, (at += bytes)] }];
    }),
  );
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, Buffer.alloc(at)]);
}

/** Every file of a folder with its content. */
export function snapshot(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true }).map(String).toSorted();
  const files = names.filter((name) => statSync(path.join(folder, name)).isFile());
  return Object.fromEntries(files.map((name) => [name, readFileSync(path.join(folder, name), 'base64')]));
}
