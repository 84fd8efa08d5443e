import type { TextShape } from '../catalog/text-shape.js';
import { seededRandom } from '../evaluate/seeded-random.js';
import { FLOAT, INT64, modelOf, node, shapeOf, tensor, type NodeOptions } from './onnx-writer.js';

const LAYERS = 2;
const HEADS = 2;
const KV_HEADS = 1;
/** ONNX Runtime's attention takes multiples of 16. */
const HEAD_DIM = 16;
const WIDTH = 16;
const CONTEXT_TOKENS = 256;

const CONTROLS = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'] as const;
const MERGES = ['t h', 'th e', 'Ġ the', 'i n', 'e r', 'o n', 'a n', 'an d', 'Ġ a', 'r e', 's t', 'e n', 'o r'] as const;
const TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}" +
  "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** A causal language model of 67 KB, with all that a folder of one holds. */
export interface TinyTextModel {
  /** ONNX, with the inputs of SmolLM2's graph. */
  readonly model: Uint8Array<ArrayBuffer>;
  /** `tokenizer.json`: bytes and some merges. */
  readonly tokenizer: object;
  /** `tokenizer_config.json`, with a chat template in ChatML. */
  readonly tokenizerConfig: object;
  readonly shape: TextShape;
  readonly layers: number;
  readonly vocabulary: number;
  readonly contextTokens: number;
}

/** Random weights, the same at each call: it writes letters without a sense, and every one of them depends on all before. */
export function tinyTextModel(): TinyTextModel {
  const tokens = [...CONTROLS, ...byteCharacters(), ...MERGES.map((merge) => merge.replace(' ', ''))];
  return {
    model: graph(tokens),
    tokenizer: tokenizerOf(tokens),
    tokenizerConfig: {
      tokenizer_class: 'GPT2Tokenizer',
      add_prefix_space: false,
      model_max_length: CONTEXT_TOKENS,
      bos_token: '<|im_start|>',
      eos_token: '<|im_end|>',
      unk_token: '<|endoftext|>',
      chat_template: TEMPLATE,
    },
    shape: { family: 'tiny', kvHeads: KV_HEADS, headDim: HEAD_DIM, kvBytesPerElement: 4, endTokens: [2], maxRows: 8 },
    layers: LAYERS,
    vocabulary: tokens.length,
    contextTokens: CONTEXT_TOKENS,
  };
}

function graph(tokens: readonly string[]): Uint8Array<ArrayBuffer> {
  const random = seededRandom(7);
  const weights = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => scale * (random() + random() + random() - 1.5));
  const matrix = (name: string, rows: number, columns: number, scale: number): Uint8Array =>
    tensor(name, FLOAT, [rows, columns], weights(rows * columns, scale));
  const integers = (name: string, dims: readonly number[], values: readonly number[]): Uint8Array =>
    tensor(name, INT64, dims, BigInt64Array.from(values, BigInt));

  const nodes = [
    node('Gather', ['embeddings', 'input_ids'], ['hidden.0']),
    node('ReduceSum', ['attention_mask', 'one'], ['mask_sum'], { integers: { keepdims: 0 } }),
    node('Sub', ['mask_sum', 'one'], ['mask_last']),
    node('Cast', ['mask_last'], ['seqlens_k'], { integers: { to: 6 } }),
    node('Shape', ['attention_mask'], ['mask_shape']),
    node('Gather', ['mask_shape', 'one'], ['total_long'], { integers: { axis: 0 } }),
    node('Cast', ['total_long'], ['total'], { integers: { to: 6 } }),
    ...range(LAYERS).flatMap(layerNodes),
    node('Neg', ['num_logits_to_keep'], ['from']),
    node('Reshape', ['from', 'one'], ['from_list']),
    node('Slice', [`hidden.${LAYERS}`, 'from_list', 'to_list', 'one'], ['kept']),
    node('MatMul', ['kept', 'head'], ['scores']),
    node('Add', ['scores', 'bias'], ['logits']),
  ];
  const [cos, sin] = [Math.cos, Math.sin].map((wave) =>
    Float32Array.from({ length: CONTEXT_TOKENS * (HEAD_DIM / 2) }, (_, at) => {
      const [position, pair] = [Math.floor(at / (HEAD_DIM / 2)), at % (HEAD_DIM / 2)];
      return wave(position / 10_000 ** ((2 * pair) / HEAD_DIM));
    }),
  );
  const tables = [CONTEXT_TOKENS, HEAD_DIM / 2];
  return modelOf({
    nodes,
    tensors: [
      matrix('embeddings', tokens.length, WIDTH, 1),
      matrix('head', WIDTH, tokens.length, 2),
      tensor('bias', FLOAT, [tokens.length], Float32Array.from(tokens, likely)),
      tensor('cos', FLOAT, tables, cos!),
      tensor('sin', FLOAT, tables, sin!),
      integers('one', [1], [1]),
      integers('to_list', [1], [2 ** 31 - 1]),
      ...range(LAYERS).flatMap((layer) => [
        matrix(`q.${layer}`, WIDTH, HEADS * HEAD_DIM, 0.5),
        matrix(`k.${layer}`, WIDTH, KV_HEADS * HEAD_DIM, 0.5),
        matrix(`v.${layer}`, WIDTH, KV_HEADS * HEAD_DIM, 0.5),
        matrix(`o.${layer}`, HEADS * HEAD_DIM, WIDTH, 0.5),
      ]),
    ],
    inputs: [
      shapeOf('input_ids', INT64, ['batch_size', 'sequence_length']),
      shapeOf('attention_mask', INT64, ['batch_size', 'total_sequence_length']),
      shapeOf('num_logits_to_keep', INT64, []),
      ...cacheShapes('past_key_values', 'past_sequence_length'),
    ],
    outputs: [
      shapeOf('logits', FLOAT, ['batch_size', 'kept_length', tokens.length]),
      ...cacheShapes('present', 'total_sequence_length'),
    ],
  });
}

function layerNodes(layer: number): Uint8Array[] {
  const [from, to] = [`hidden.${layer}`, `hidden.${layer + 1}`];
  // As exports of the hub name them.
  const product = (module: string): string => `/model/layers.${layer}/self_attn/${module}_proj/MatMul_output_0`;
  const past = CACHE_PARTS.map((part) => `past_key_values.${layer}.${part}`);
  const present = CACHE_PARTS.map((part) => `present.${layer}.${part}`);
  const attention: NodeOptions = {
    domain: 'com.microsoft',
    integers: { num_heads: HEADS, kv_num_heads: KV_HEADS, do_rotary: 1, rotary_interleaved: 0 },
  };
  const inputs = [product('q'), product('k'), product('v'), ...past, 'seqlens_k', 'total', 'cos', 'sin'];
  return [
    node('MatMul', [from, `q.${layer}`], [product('q')]),
    node('MatMul', [from, `k.${layer}`], [product('k')]),
    node('MatMul', [from, `v.${layer}`], [product('v')]),
    node('GroupQueryAttention', inputs, [`attention.${layer}`, ...present], attention),
    node('MatMul', [`attention.${layer}`, `o.${layer}`], [product('o')]),
    node('Add', [from, product('o')], [to]),
  ];
}

const CACHE_PARTS = ['key', 'value'] as const;

const cacheShapes = (name: string, length: string): Uint8Array[] =>
  range(LAYERS).flatMap((layer) =>
    CACHE_PARTS.map((part) => shapeOf(`${name}.${layer}.${part}`, FLOAT, ['batch_size', KV_HEADS, length, HEAD_DIM])),
  );

/** Letters and spaces are what is mostly written. */
const likely = (token: string): number => {
  if (token === '<|im_end|>') return -3;
  return /^Ġ?[a-z]*$/.test(token) ? 0 : -16;
};

function tokenizerOf(tokens: readonly string[]): object {
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: CONTROLS.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: MERGES,
    },
  };
}

/** The character that stands for each byte in byte-level vocabularies: printable ones for themselves. */
function byteCharacters(): string[] {
  let others = 256;
  return range(256).map((byte) => {
    const isPrintable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
    return String.fromCharCode(isPrintable ? byte : others++);
  });
}

const range = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
