import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Catalog, FileRef, Model } from '@terrace/core';
import { tinyTextModel } from '@terrace/core/testing';

/**
 * A folder of models with tiny ones that write, the lightest first. They write alike: what differs in their files is a
 * comment.
 * @param contextTokens of each model, by its id
 */
export function writeTinyModels(folder: string, contextTokens: Readonly<Record<string, number>>): void {
  mkdirSync(folder, { recursive: true });
  const tiny = tinyTextModel();
  const written = (name: string, content: string | Uint8Array): FileRef => {
    writeFileSync(path.join(folder, name), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { path: name, bytes: Buffer.byteLength(content), sha256 };
  };
  /** Field 6 of an ONNX model is what people say of it. */
  const commented = (comment: string): Uint8Array =>
    Buffer.concat([tiny.model, Uint8Array.of(0x32, comment.length), Buffer.from(comment)]);
  const tokenizer = written('tokenizer.json', JSON.stringify(tiny.tokenizer));
  const tokenizerConfig = written('tokenizer_config.json', JSON.stringify(tiny.tokenizerConfig));
  const models = Object.entries(contextTokens).map(([id, tokens], i): Model => ({
    id,
    task: 'text-generation',
    interface: 'transformers',
    language: ['en'],
    contextTokens: tokens,
    licence: 'Apache-2.0',
    publisher: 'Terrace',
    layers: tiny.layers,
    hidden: 16,
    features: tiny.vocabulary,
    flopsPerToken: 10_000 + i,
    placement: 'device',
    text: tiny.shape,
    tokenizer,
    tokenizerConfig,
    variants: [{ dtype: 'fp32', providers: ['cpu'], weights: written(`${id}.onnx`, commented(id)) }],
  }));
  const catalog: Catalog = {
    format: 1,
    revision: createHash('sha256').update(JSON.stringify(models)).digest('hex'),
    models,
    deltas: [],
    domains: [],
    ladders: [{ id: 'text-generation', task: 'text-generation', models: models.map(({ id }) => id) }],
  };
  writeFileSync(path.join(folder, 'catalog.json'), JSON.stringify(catalog));
}
