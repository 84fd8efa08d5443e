import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { fieldOf, joined } from '@terrace/core/generate';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/**
 * Runs of the graph and the likeliest token, and nothing else: what a loop cannot be faster than. It copies no outputs
 * either: a first one that the runtime does not hand over ends each run (as the engine of Node does).
 */
const LAYERS = 30;
const CAPACITY = 160;
const { file } = workerData as { file: string };

export interface RawAsk {
  readonly promptTokens: number;
  readonly tokens: number;
}

const list = fieldOf(4, fieldOf(1, fieldOf(1, fieldOf(1, 7))));
const node = [...fieldOf(1, 'input_ids'), ...fieldOf(2, 'unread'), ...fieldOf(3, 'unread')];
const graph = [
  ...fieldOf(1, [...node, ...fieldOf(4, 'SequenceConstruct')]),
  ...fieldOf(12, [...fieldOf(1, 'unread'), ...fieldOf(2, list)]),
];
const model = joined([...fieldOf(7, graph), await readFile(file)]);
const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 3 });
const keys = Array.from({ length: LAYERS }, (_, i) => [`${i}.key`, `${i}.value`]).flat();
const caches = keys.map(() => new Tensor('float32', new Float32Array(3 * CAPACITY * 64), [1, 3, CAPACITY, 64]));
const logits = new Float32Array(49_152);
const past = Object.fromEntries(keys.map((key, at) => [`past_key_values.${key}`, caches[at]!]));
const given = {
  unread: null,
  logits: new Tensor('float32', logits, [1, 1, logits.length]),
  ...Object.fromEntries(keys.map((key, at) => [`present.${key}`, caches[at]!])),
};

/** How a run ends that has an output which is not handed over. */
function unlessUnread(cause: unknown): void {
  if (!(cause instanceof Error && cause.message.startsWith('Non tensor type'))) throw cause;
}

async function run(ids: readonly number[], length: number): Promise<number> {
  const feeds = {
    ...past,
    input_ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]),
    attention_mask: new Tensor('int64', new BigInt64Array(length).fill(1n), [1, length]),
    num_logits_to_keep: new Tensor('int64', new BigInt64Array([1n]), []),
  };
  await session.run(feeds, given).catch(unlessUnread);
  let best = 0;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > logits[best]!) best = i;
  return best;
}

parentPort!.on('message', ({ promptTokens, tokens }: RawAsk) => {
  void (async () => {
    let token = await run(
      Array.from({ length: promptTokens }, (_, at) => 500 + at),
      promptTokens,
    );
    const startMs = performance.now();
    for (let i = 1; i < tokens; i++) token = await run([token], promptTokens + i);
    parentPort!.postMessage((performance.now() - startMs) / (tokens - 1));
  })();
});
parentPort!.postMessage(0);
