import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shippedModels } from '@terrace/node-host';

export const EIGHT = Array.from({ length: 8 }, (_, i) => `tier-${i + 1}`);

interface Manifest {
  id: string;
  files: Record<string, { path: string; bytes: number; sha256: string }>;
}

/**
 * A folder with eight models that have nothing in common but their form, each with its delta: base in 8 bits, under
 * eight names and with eight hashes. `terrace models index` makes the catalog.
 */
export async function makeEightTiers(): Promise<string> {
  const shipped = shippedModels();
  const folder = await mkdtemp(join(tmpdir(), 'terrace-eight-'));
  const weights = await readFile(join(shipped, 'encoders', 'base', 'model_int8.onnx'));
  const manifest = await readJson<Manifest>(join(shipped, 'encoders', 'base', 'model.json'));
  const delta = await readJson<{ id: string; base: object }>(join(shipped, 'deltas', 'clinc150', 'base', 'delta.json'));
  await mkdir(join(folder, 'encoders'));
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    await writeFile(join(folder, 'encoders', name), await readFile(join(shipped, 'encoders', name)));
  for (const id of EIGHT) {
    const content = Buffer.concat([weights, docString(id)]);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const files = { int8: { ...manifest.files['int8']!, bytes: content.length, sha256 } };
    const model = join(folder, 'encoders', id);
    await mkdir(model);
    await writeFile(join(model, files.int8.path), content);
    await writeFile(join(model, 'model.json'), JSON.stringify({ ...manifest, id, parent: undefined, files }));
    const own = join(folder, 'deltas', 'clinc150', id);
    await mkdir(own, { recursive: true });
    const base = { id, files: { int8: sha256 } };
    await writeFile(join(own, 'delta.json'), JSON.stringify({ ...delta, id: `clinc150/${id}`, base }));
    for (const name of ['adapter_config.json', 'adapter_model.safetensors', 'head.safetensors'])
      await writeFile(join(own, name), await readFile(join(shipped, 'deltas', 'clinc150', 'base', name)));
  }
  return folder;
}

/** Field 6 of an ONNX ModelProto, its comment: the last one counts, so appending one changes nothing but the hash. */
const docString = (text: string): Buffer => Buffer.from([0x32, text.length, ...Buffer.from(text)]);

const readJson = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T;
