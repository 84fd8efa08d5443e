import { AutoModelForCausalLM, AutoTokenizer, env, Tensor } from '@huggingface/transformers';
import { basename, dirname } from 'node:path';

/** What the peer is asked to write: each chat one user message. */
export interface PeerAsk {
  readonly how: 'one-by-one' | 'batch';
  readonly texts: readonly string[];
  readonly tokens: number;
}

/** The same model by @huggingface/transformers, in a process of its own: `text-peer.js FOLDER THREADS`. */
const [folder = '', threads = '1'] = process.argv.slice(2);
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);
const name = basename(folder);
const tokenizer = await AutoTokenizer.from_pretrained(name, { local_files_only: true });
const model = await AutoModelForCausalLM.from_pretrained(name, {
  dtype: 'q4',
  device: 'cpu',
  local_files_only: true,
  session_options: threads === 'default' ? {} : { intraOpNumThreads: Number(threads), interOpNumThreads: 1 },
});

function idsOf(text: string): bigint[] {
  const chat = [{ role: 'user', content: text }];
  const prompt = tokenizer.apply_chat_template(chat, { add_generation_prompt: true, tokenize: false }) as string;
  const { input_ids: ids } = tokenizer(prompt, { add_special_tokens: false }) as { input_ids: Tensor };
  return Array.from(ids.data as BigInt64Array);
}

/** Padded on the left, as its tokenizers do. */
async function generate(rows: readonly bigint[][], tokens: number): Promise<void> {
  const width = Math.max(...rows.map(({ length }) => length));
  const ids = new BigInt64Array(rows.length * width).fill(2n);
  const mask = new BigInt64Array(rows.length * width);
  rows.forEach((row, at) => {
    ids.set(row, (at + 1) * width - row.length);
    mask.fill(1n, (at + 1) * width - row.length, (at + 1) * width);
  });
  const dims = [rows.length, width];
  await model.generate({
    inputs: new Tensor('int64', ids, dims),
    attention_mask: new Tensor('int64', mask, dims),
    max_new_tokens: tokens,
    do_sample: false,
    eos_token_id: [-1],
  } as Parameters<typeof model.generate>[0]);
}

process.on('message', ({ how, texts, tokens }: PeerAsk) => {
  void (async () => {
    const startMs = performance.now();
    if (how === 'batch') await generate(texts.map(idsOf), tokens);
    else for (const text of texts) await generate([idsOf(text)], tokens);
    process.send?.(performance.now() - startMs);
  })();
});
process.send?.(0);
