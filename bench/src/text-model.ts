import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TextModel } from '@terrace/core/generate';
import { kvBytesOf } from '@terrace/core/text';

interface Manifest extends Pick<TextModel, 'layers' | 'contextTokens'> {
  readonly text: Pick<TextModel['shape'], 'family' | 'kvHeads' | 'headDim' | 'endTokens' | 'maxRows'>;
  readonly features: number;
  readonly tokenizer: ManifestFile;
  readonly tokenizerConfig: ManifestFile;
  readonly files: { readonly q4: ManifestFile };
}
interface ManifestFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** Of each answer that is written at a time, as a plan reckons where nobody asks for more: see `recommendText`. */
const PLANNED_TOKENS = 1024;

/** SmolLM2 of the folder that `TERRACE_TEXT_MODEL` names, as an engine is handed it; undefined without one. */
export async function textModel(): Promise<TextModel | undefined> {
  const folder = process.env['TERRACE_TEXT_MODEL'];
  if (folder === undefined) return undefined;
  const path = new URL('../../models/text/smollm2/model.json', import.meta.url);
  const { text, tokenizer, tokenizerConfig, files, features, layers, contextTokens } = JSON.parse(
    await readFile(path, 'utf8'),
  ) as Manifest;
  const located = ({ bytes, sha256 }: ManifestFile, ...name: readonly string[]): TextModel['weights'] => ({
    location: join(folder, ...name),
    bytes,
    sha256,
  });
  const shape = { kvBytesPerElement: 4 as const, ...text };
  return {
    variantId: files.q4.sha256,
    modelId: 'smollm2',
    provider: 'cpu',
    weights: located(files.q4, 'onnx', 'model_q4.onnx'),
    tokenizer: located(tokenizer, 'tokenizer.json'),
    tokenizerConfig: located(tokenizerConfig, 'tokenizer_config.json'),
    shape,
    layers,
    vocabulary: features,
    contextTokens,
    kvBytes: kvBytesOf(shape, layers, PLANNED_TOKENS, shape.maxRows),
    delta: undefined,
  };
}
