import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A field of a protocol buffer: a number is a varint, anything else is length-delimited. */
type Field = readonly [number: number, value: number | string | Uint8Array];

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest];
    bytes.push((rest % 128) + 128);
  }
}

function message(...fields: readonly Field[]): Uint8Array {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'number') return Buffer.from([...varint(number * 8), ...varint(value)]);
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
  });
  return Buffer.concat(parts);
}

const FLOAT = 1;
const INT64 = 7;

function tensorInfo(name: string, type: number, dims: readonly string[]): Uint8Array {
  const shape = message(...dims.map((dim): Field => [1, message([2, dim])]));
  return message([1, name], [2, message([1, message([1, type], [2, shape])])]);
}

/** `logits = mean over tokens of table[input_ids]`, in ONNX. */
function graph(table: readonly (readonly number[])[]): Uint8Array {
  const raw = new Uint8Array(Float32Array.from(table.flat()).buffer);
  const dims = [table.length, table[0]!.length].map((size): Field => [1, size]);
  const weights = message(...dims, [2, FLOAT], [8, 'table'], [9, raw]);
  const gather = message([1, 'table'], [1, 'input_ids'], [2, 'rows'], [4, 'Gather']);
  const axes = message([1, 'axes'], [8, 1], [20, 7]);
  const keepDims = message([1, 'keepdims'], [3, 0], [20, 2]);
  const mean = message([1, 'rows'], [2, 'logits'], [4, 'ReduceMean'], [5, axes], [5, keepDims]);
  const content = message(
    [1, gather],
    [1, mean],
    [2, 'tiny'],
    [5, weights],
    [11, tensorInfo('input_ids', INT64, ['batch', 'tokens'])],
    [12, tensorInfo('logits', FLOAT, ['batch', 'labels'])],
  );
  return message([1, 8], [7, content], [8, message([1, ''], [2, 13])]);
}

/** Words and how much they speak for `cold` and for `warm`. */
const WORDS = {
  '[UNK]': [0, 0],
  ice: [9, 0],
  snow: [9, 0],
  fire: [0, 9],
  sun: [0, 9],
  the: [0, 0],
  and: [0, 0],
} as const;

/** Writes a classifier of a few words in the layout of the Hugging Face hub; it names a text `cold` or `warm`. */
export function writeTinyClassifier(folder: string, config: object = {}): void {
  const vocabulary = Object.fromEntries(Object.keys(WORDS).map((word, id) => [word, id]));
  const tokenizer = {
    version: '1.0',
    added_tokens: [],
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'Whitespace' },
    post_processor: null,
    decoder: null,
    model: { type: 'WordLevel', vocab: vocabulary, unk_token: '[UNK]' },
  };
  mkdirSync(path.join(folder, 'onnx'), { recursive: true });
  const write = (name: string, content: object): void =>
    writeFileSync(path.join(folder, name), JSON.stringify(content));
  write('tokenizer.json', tokenizer);
  write('tokenizer_config.json', {
    tokenizer_class: 'PreTrainedTokenizerFast',
    model_max_length: 64,
    unk_token: '[UNK]',
  });
  write('config.json', {
    architectures: ['BertForSequenceClassification'],
    hidden_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 1,
    max_position_embeddings: 128,
    id2label: { 0: 'cold', 1: 'warm' },
    ...config,
  });
  writeFileSync(path.join(folder, 'onnx', 'model.onnx'), graph(Object.values(WORDS)));
}
