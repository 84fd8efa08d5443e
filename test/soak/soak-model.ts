import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rebuildCatalog } from '../../packages/node-host/src/store/catalog/rebuild-catalog.js';
import { SHIPPED } from '../support/run-cli.js';

export const SOAK_MODEL = 'soak';

/** A folder of one model that does not ship with Terrace: the smallest one, with another last byte. */
export async function writeSoakModel(folder: string): Promise<void> {
  const inside = path.join(folder, 'encoders', SOAK_MODEL);
  mkdirSync(inside, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json']) {
    copyFileSync(path.join(SHIPPED, 'encoders', name), path.join(inside, name));
  }
  const manifest = JSON.parse(readFileSync(path.join(SHIPPED, 'encoders/nano/model.json'), 'utf8')) as {
    files: { q4: { path: string; bytes: number; sha256: string } };
  };
  const weights = readFileSync(path.join(SHIPPED, 'encoders/nano', manifest.files.q4.path));
  // In the middle of the quantised table: it stays a model.
  weights.writeUInt8(weights.readUInt8(weights.length >> 1) ^ 1, weights.length >> 1);
  writeFileSync(path.join(inside, manifest.files.q4.path), weights);
  const q4 = { ...manifest.files.q4, sha256: createHash('sha256').update(weights).digest('hex') };
  writeFileSync(path.join(inside, 'model.json'), JSON.stringify({ ...manifest, id: SOAK_MODEL, files: { q4 } }));
  await rebuildCatalog(folder, []);
}
