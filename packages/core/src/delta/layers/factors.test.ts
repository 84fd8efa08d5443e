import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createPlainMatMul } from '../../testing/plain-mat-mul.js';
import { readSafetensors } from '../safetensors.js';
import { toPeft } from './factors.js';
import { holdLayer, type LayerFactors } from './layer.js';
import type { LowRank } from './low-rank.js';
import { readEncoder } from './read-encoder.js';
import { freeze } from './states.js';
import { embed } from './student.js';

const root = new URL('../../../../../', import.meta.url);
const bytesOf = (path: string): Uint8Array => readFileSync(fileURLToPath(new URL(path, root)));

/** Written by PEFT: factors of rank 6 on the last three layers of `base`, whose product it doubles. */
const adapter = readSafetensors(bytesOf('test/fixtures/peft-lora/adapter_model.safetensors'));
const expected = JSON.parse(new TextDecoder().decode(bytesOf('test/fixtures/peft-lora/expected.json'))) as {
  readonly texts: readonly string[];
  readonly tokenIds: readonly (readonly number[])[];
  readonly embeddingsWith: readonly (readonly number[])[];
};
const [RANK, HIDDEN, SCALE] = [6, 384, 2];

/** As they were trained here: query, key and value in one pair. */
function factorsOf(layer: number): LayerFactors {
  const pair = (place: string): LowRank => {
    const data = (factor: string): Float32Array<ArrayBuffer> =>
      new Float32Array(adapter.get(`base_model.model.encoder.layer.${layer}.${place}.${factor}.weight`)!.data);
    return {
      a: { rows: RANK, columns: HIDDEN, data: data('lora_A') },
      b: { rows: HIDDEN, columns: RANK, data: data('lora_B') },
    };
  };
  const a = new Float32Array(3 * RANK * HIDDEN);
  const b = new Float32Array(3 * HIDDEN * 3 * RANK);
  for (const [block, place] of ['query', 'key', 'value'].entries()) {
    const part = pair(`attention.self.${place}`);
    a.set(part.a.data, block * RANK * HIDDEN);
    for (const [at, value] of part.b.data.entries()) {
      b[(block * HIDDEN + Math.floor(at / RANK)) * 3 * RANK + block * RANK + (at % RANK)] = value;
    }
  }
  return {
    queryKeyValue: {
      a: { rows: 3 * RANK, columns: HIDDEN, data: a },
      b: { rows: 3 * HIDDEN, columns: 3 * RANK, data: b },
    },
    output: pair('attention.output.dense'),
  };
}

const doubled = ({ a, b }: LowRank): LowRank => ({ a, b: { ...b, data: b.data.map((each) => SCALE * each) } });

describe('low-rank factors', () => {
  it('have the names and shapes that PEFT gives them', () => {
    expect(new Map([3, 4, 5].flatMap((layer) => toPeft(layer, factorsOf(layer))))).toEqual(adapter);
  });

  it('change an embedding as PEFT says', async () => {
    const encoder = readEncoder(bytesOf('models/encoders/base/model_q4.onnx'))!;
    const matMul = createPlainMatMul();
    const layers = [0, 1, 2, 3, 4, 5].map((index) => holdLayer(encoder.layer(index), encoder.heads, matMul));
    const text = expected.texts.indexOf('a');
    const states = await freeze([expected.tokenIds[text]!], { encoder, layers: layers.slice(0, 3), matMul });
    const factors = [3, 4, 5].map(factorsOf).map(({ queryKeyValue, output }) => ({
      queryKeyValue: doubled(queryKeyValue),
      output: doubled(output),
    }));
    const { data } = await embed({ layers: layers.slice(3), factors }, states, matMul);
    const cosine = data.reduce((sum, value, i) => sum + value * expected.embeddingsWith[text]![i]!, 0);
    expect(cosine).toBeGreaterThan(0.99999);
  });
});
