import { cpSync, linkSync, mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { SHIPPED } from './run-cli.js';

/** Names the folder of SmolLM2, as it is on the hub. */
export const TERRACE_TEXT_MODEL = process.env['TERRACE_TEXT_MODEL'];

const FILES = {
  'model_q4.onnx': 'onnx/model_q4.onnx',
  'tokenizer.json': 'tokenizer.json',
  'tokenizer_config.json': 'tokenizer_config.json',
};

/** A folder of the catalog with SmolLM2 in it, and no encoders. */
export function putTextModels(folder: string, from = TERRACE_TEXT_MODEL!): string {
  const models = path.join(folder, 'models');
  const text = path.join(models, 'text', 'smollm2');
  mkdirSync(text, { recursive: true });
  for (const name of ['encoders', 'deltas']) symlinkSync(path.join(SHIPPED, name), path.join(models, name));
  cpSync(path.join(SHIPPED, 'catalog.json'), path.join(models, 'catalog.json'));
  cpSync(path.join(SHIPPED, 'text', 'smollm2'), text, { recursive: true });
  for (const [name, source] of Object.entries(FILES)) link(path.join(from, source), path.join(text, name));
  return models;
}

/** Another disk than that of temporary files has no hard links to it. */
function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    symlinkSync(from, to);
  }
}
