import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { SHIPPED, terrace } from './run-cli.js';

/** Of the shipped models the smallest one, and its delta. */
const PARTS = ['encoders/nano', 'encoders/tokenizer.json', 'encoders/tokenizer_config.json', 'deltas/clinc150/nano'];

const INDEX_MS = 30_000;

/** A models folder with the smallest model only, for the tests of a file: they may not change it. */
export function nanoModelsOfThisFile(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-nano-'));
  const models = path.join(folder, 'models');
  beforeAll(async () => {
    for (const part of PARTS) cpSync(path.join(SHIPPED, part), path.join(models, part), { recursive: true });
    const { code, stderr } = await terrace(['models', 'index', models], { home: folder, models });
    if (code !== 0) throw new Error(`terrace models index failed: ${stderr}`);
  }, INDEX_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return models;
}
