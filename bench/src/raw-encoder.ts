import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalTier } from '@terrace/core';
import { deltaInputs, encoderFeeds, readSafetensors, type PlainTensor } from '@terrace/core/engine';
import { Tokenizer } from '@huggingface/tokenizers';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What a careful person would write by hand for one tier: tokenizer, feeds, one `session.run`. */
export async function openRaw(
  folder: string,
  { model, variant, delta }: LocalTier,
): Promise<(text: string) => Promise<number>> {
  const at = (path: string): string => join(folder, path);
  const json = async (path: string): Promise<object> => JSON.parse(await readFile(at(path), 'utf8')) as object;
  const tokenizer = new Tokenizer(
    await json(model.tokenizer.path),
    model.tokenizerConfig ? await json(model.tokenizerConfig.path) : {},
  );
  const session = await InferenceSession.create(at(variant.weights.path), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const head = readSafetensors(await readFile(at(delta!.head.path)));
  const adapter = delta!.adapter && readSafetensors(await readFile(at(delta!.adapter.path)));
  const shape = { interface: 'terrace', layers: model.layers, hidden: model.hidden, features: model.features } as const;
  const fixed = tensors(deltaInputs({ shape, rank: delta!.rank, labelCount: delta!.labels.length, head, adapter }));
  return async (text) => {
    const { ids } = tokenizer.encode(text);
    const { logits } = await session.run({ ...tensors(encoderFeeds([ids])), ...fixed }, ['logits']);
    return logits!.size;
  };
}

const tensors = (plain: Record<string, PlainTensor>): Record<string, Tensor> =>
  Object.fromEntries(
    Object.entries(plain).map(([name, { type, data, dims }]) => [
      name,
      type === 'int64' ? new Tensor('int64', data, dims) : new Tensor('float32', data, dims),
    ]),
  );
