import { readFileSync } from 'node:fs';
import path from 'node:path';
import { applyTextDelta } from '@terrace/core/generate';
import { mergeInto, seededRandom, tinyTextModel } from '@terrace/core/testing';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { TERRACE_TEXT_MODEL } from './testing/smollm2.js';

type Tensors = Parameters<typeof applyTextDelta>[1]['tensors'];
type Graph = ReturnType<typeof applyTextDelta>;

const random = seededRandom(11);
const matrix = (rows: number, columns: number, size = 0.2) => ({
  shape: [rows, columns],
  data: Float32Array.from({ length: rows * columns }, () => size * (random() - 0.5)),
});
const prefix = 'base_model.model.model.layers';

/** Factors of these modules with their inputs and outputs. */
function lora(modules: Readonly<Record<string, readonly [number, number]>>, { rank = 4, size = 0.5 } = {}): Tensors {
  return new Map(
    Object.entries(modules).flatMap(([name, [inWidth, outWidth]]) => [
      [`${prefix}.${name}.lora_A.weight`, matrix(rank, inWidth, size)] as const,
      [`${prefix}.${name}.lora_B.weight`, matrix(outWidth, rank, size)] as const,
    ]),
  );
}

const open = ({ model, external }: Graph): Promise<InferenceSession> =>
  InferenceSession.create(model, {
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    externalData: [...external].map(([name, data]) => ({ path: name, data })),
  });

const { model: tiny, layers, shape } = tinyTextModel();

async function logitsOf(graph: Graph): Promise<Float32Array> {
  const session = await open(graph);
  const past = Array.from({ length: layers }, (_, layer) => ['key', 'value'].map((part) => `${layer}.${part}`)).flat();
  const empty = new Tensor('float32', new Float32Array(), [1, shape.kvHeads, 0, shape.headDim]);
  const { logits } = await session.run({
    input_ids: new Tensor('int64', BigInt64Array.of(70n, 80n, 90n), [1, 3]),
    attention_mask: new Tensor('int64', BigInt64Array.of(1n, 1n, 1n), [1, 3]),
    num_logits_to_keep: new Tensor('int64', BigInt64Array.of(3n), []),
    ...Object.fromEntries(past.map((name) => [`past_key_values.${name}`, empty])),
  });
  await session.release();
  return logits!.data as Float32Array;
}

const plain: Graph = { model: tiny, external: new Map() };
const farthest = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);

const Q = '1.self_attn.q_proj';

describe('a delta beside the weights of a text model', () => {
  it('gives what factors merged into the weights give', async () => {
    const tensors = lora({ [Q]: [16, 32] });
    const a = tensors.get(`${prefix}.${Q}.lora_A.weight`)!.data;
    const b = tensors.get(`${prefix}.${Q}.lora_B.weight`)!.data;
    const product = (i: number, o: number): number =>
      2 * [0, 1, 2, 3].reduce((sum, r) => sum + a[r * 16 + i]! * b[o * 4 + r]!, 0);
    const [beside, inside, without] = await Promise.all([
      logitsOf(applyTextDelta(tiny, { kind: 'lora', rank: 4, scale: 2, tensors })),
      logitsOf({ ...plain, model: mergeInto(tiny, 'q.1', product) }),
      logitsOf(plain),
    ]);
    expect(farthest(beside, inside)).toBeLessThan(1e-5);
    expect(farthest(beside, without)).toBeGreaterThan(1e-3);
  });

  it('gives what signs times a magnitude merged into the weights give', async () => {
    const signs = Float32Array.from({ length: 32 * 2 }, () => Math.floor(random() * 256) - 128);
    const tensors: Tensors = new Map([
      [`model.layers.1.self_attn.q_proj.sign`, { shape: [32, 2], data: signs }],
      [`model.layers.1.self_attn.q_proj.magnitude`, { shape: [1], data: Float32Array.of(0.03) }],
    ]);
    const sign = (i: number, o: number): number => ((signs[o * 2 + (i >> 3)]! >> (i & 7)) & 1 ? 0.03 : -0.03);
    const [beside, inside] = await Promise.all([
      logitsOf(applyTextDelta(tiny, { kind: 'bitdelta', rank: undefined, scale: undefined, tensors })),
      logitsOf({ ...plain, model: mergeInto(tiny, 'q.1', sign) }),
    ]);
    expect(farthest(beside, inside)).toBeLessThan(1e-5);
  });

  it('changes no bit with factors that are zero', async () => {
    const tensors = lora({ '0.self_attn.k_proj': [16, 16], '0.self_attn.o_proj': [32, 16] }, { size: 0 });
    const beside = await logitsOf(applyTextDelta(tiny, { kind: 'lora', rank: 4, scale: 1, tensors }));
    expect(beside).toEqual(await logitsOf(plain));
  });
});

describe('a delta', () => {
  const tensors = lora({ [Q]: [16, 32] });
  const besides = (name: string, tensor: { shape: readonly number[]; data: Float32Array }): Tensors =>
    new Map([...tensors, [`${prefix}.${name}`, tensor]]);
  it.each<[string, Tensors, number, string]>([
    ['nothing', new Map(), 4, 'changes nothing'],
    ['a layer that is not there', lora({ '2.self_attn.q_proj': [16, 32] }), 4, 'no product of its own'],
    ['a module that is not there', lora({ '0.mlp.up_proj': [16, 32] }), 4, 'no product of its own'],
    ['a module that nobody has', lora({ '0.mlp.w3_proj': [16, 32] }), 4, 'no linear layer'],
    ['the embeddings', besides('embed_tokens.lora_A.weight', matrix(4, 16)), 4, 'no linear layer'],
    ['one factor', new Map([...tensors].slice(1)), 4, 'no partner'],
    ['a factor of another width', besides(`${Q}.lora_A.weight`, matrix(4, 17)), 4, '[4, 17]'],
    ['factors of different ranks', besides(`${Q}.lora_A.weight`, matrix(3, 16)), 4, '[32, 4]'],
    ['a higher rank than it says', tensors, 2, 'rank 4'],
    ['a rank beyond all measure', lora({ [Q]: [16, 32] }, { rank: 1025 }), 4096, 'rank 1025'],
    [
      'no numbers',
      besides(`${Q}.lora_A.weight`, { shape: [4, 16], data: new Float32Array(64).fill(Number.NaN) }),
      4,
      'not finite',
    ],
  ])('of %s is refused by name', (_, given, rank, reason) => {
    const apply = (): Graph => applyTextDelta(tiny, { kind: 'lora', rank, scale: 1, tensors: given });
    expect(apply).toThrow(reason);
    expect(apply).toThrow(expect.objectContaining({ code: 'DELTA_MISMATCH' }));
  });
});

describe.skipIf(!TERRACE_TEXT_MODEL)('a delta of SmolLM2 (needs TERRACE_TEXT_MODEL)', { timeout: 120_000 }, () => {
  const file = TERRACE_TEXT_MODEL
    ? readFileSync(path.join(TERRACE_TEXT_MODEL, 'onnx', 'model_q4.onnx'))
    : new Uint8Array();

  /** A model that also gives these values between its layers: outputs stand at the end of the graph, as fields 12. */
  async function between(graph: Graph, names: readonly string[]): Promise<Readonly<Record<string, Float32Array>>> {
    const session = await open({ ...graph, model: withOutputs(graph.model, names) });
    const past = Array.from({ length: 30 }, (_, layer) => ['key', 'value'].map((part) => `${layer}.${part}`)).flat();
    const empty = new Tensor('float32', new Float32Array(), [1, 3, 0, 64]);
    const found = await session.run(
      {
        input_ids: new Tensor('int64', BigInt64Array.of(504n, 3575n, 282n), [1, 3]),
        attention_mask: new Tensor('int64', BigInt64Array.of(1n, 1n, 1n), [1, 3]),
        num_logits_to_keep: new Tensor('int64', BigInt64Array.of(1n), []),
        ...Object.fromEntries(past.map((name) => [`past_key_values.${name}`, empty])),
      },
      ['logits', ...names],
    );
    await session.release();
    return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data as Float32Array]));
  }

  it('adds what its factors say to query and value, beside 4-bit weights', async () => {
    const tensors = lora(
      { '0.self_attn.q_proj': [576, 576], '0.self_attn.v_proj': [576, 192], '0.mlp.down_proj': [1536, 576] },
      { rank: 8 },
    );
    const names = ['layer0.norm1', 'layer0.qkv.out'];
    const plainly = await between({ model: new Uint8Array(file), external: new Map() }, names);
    const changed = await between(applyTextDelta(file, { kind: 'lora', rank: 8, scale: 0.5, tensors }), names);
    const input = plainly['layer0.norm1']!;
    const factor = (module: string, side: string): Float32Array =>
      tensors.get(`${prefix}.0.self_attn.${module}_proj.lora_${side}.weight`)!.data;
    const expected = (token: number, module: string, o: number): number => {
      const [a, b] = [factor(module, 'A'), factor(module, 'B')];
      let sum = 0;
      for (let r = 0; r < 8; r++) {
        let low = 0;
        for (let i = 0; i < 576; i++) low += input[token * 576 + i]! * a[r * 576 + i]!;
        sum += low * b[o * 8 + r]!;
      }
      return 0.5 * sum;
    };
    for (const token of [0, 1, 2]) {
      for (const [column, module, o] of [
        [0, 'q', 0],
        [575, 'q', 575],
        [576, 'k', 0],
        [767, 'k', 191],
        [768, 'v', 0],
        [959, 'v', 191],
      ] as const) {
        const at = token * 960 + column;
        const difference = changed['layer0.qkv.out']![at]! - plainly['layer0.qkv.out']![at]!;
        expect(difference).toBeCloseTo(module === 'k' ? 0 : expected(token, module, o), 4);
      }
    }
    expect(changed['logits']).not.toEqual(plainly['logits']);
  });

  it('changes no bit of the logits with factors that are zero', async () => {
    const tensors = lora({ '3.self_attn.q_proj': [576, 576], '9.mlp.gate_proj': [576, 1536] }, { size: 0 });
    const plainly = await between({ model: new Uint8Array(file), external: new Map() }, []);
    const changed = await between(applyTextDelta(file, { kind: 'lora', rank: 4, scale: 1, tensors }), []);
    expect(changed['logits']).toEqual(plainly['logits']);
  });
});

/** A graph is the only field 7 of its file. */
function withOutputs(model: Uint8Array<ArrayBuffer>, names: readonly string[]): Uint8Array<ArrayBuffer> {
  if (names.length === 0) return model;
  const outputs = names.map((name) => {
    const type = [0x0a, 0x02, 0x08, 0x01];
    const info = [0x0a, name.length, ...Buffer.from(name), 0x12, type.length, ...type];
    return Uint8Array.from([0x62, info.length, ...info]);
  });
  // Repeated fields of one message may stand in several of them: a second field 7 is merged into the first.
  const added = Buffer.concat(outputs);
  return new Uint8Array(Buffer.concat([model, Uint8Array.from([0x3a, added.length]), added]));
}
