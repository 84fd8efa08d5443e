import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { createPlainMatMul } from '../../testing/plain-mat-mul.js';
import type { EncoderWeights } from './encoder-weights.js';
import { holdLayer } from './layer.js';
import { pool } from './pooling.js';
import { readEncoder } from './read-encoder.js';
import { freeze } from './states.js';

const shipped = (path: string): Uint8Array =>
  readFileSync(fileURLToPath(new URL(`../../../../../models/encoders/${path}`, import.meta.url)));
const golden = JSON.parse(new TextDecoder().decode(shipped('golden.json'))) as {
  readonly texts: readonly string[];
  readonly tokenIds: readonly (readonly number[])[];
  readonly embeddings: Readonly<Record<string, readonly (readonly number[])[]>>;
};
const file = shipped('base/model_q4.onnx');
const matMul = createPlainMatMul();

/** Of a text of one word with the golden embedding of the model. */
async function cosineToGolden(encoder: EncoderWeights, model: string): Promise<number> {
  const text = golden.texts.indexOf('a');
  const layers = Array.from({ length: encoder.layerCount }, (_, i) =>
    holdLayer(encoder.layer(i), encoder.heads, matMul),
  );
  const { states, starts } = await freeze([golden.tokenIds[text]!], { encoder, layers, matMul });
  const { data } = pool(states, starts).embeddings;
  return data.reduce((sum, value, i) => sum + value * golden.embeddings[model]![text]![i]!, 0);
}

describe('an encoder computed from its file', () => {
  // 4-bit blocks are checked with what PEFT expects, beside the factors.
  it('embeds as the golden data of the model says, as far as 7 bits a weight tell', async () => {
    expect(await cosineToGolden(readEncoder(shipped('small/model_int8.onnx'))!, 'small')).toBeGreaterThan(0.995);
  });

  it('is none where the graph has no layers, or other names', () => {
    expect(readEncoder(shipped('nano/model_q4.onnx'))).toBeUndefined();
    expect(readEncoder(new Uint8Array())).toBeUndefined();
    expect(readEncoder(renamed(file, '5.query.q', '5.query.x'))).toBeUndefined();
  });

  it('refuses a file that is cut off, or whose tensors do not fit together', () => {
    const corrupt = expect.objectContaining({ code: 'ARTIFACT_CORRUPT' });
    for (const length of [1, 1000, file.length >> 1, file.length - 1]) {
      expect(() => readEncoder(file.subarray(0, length))).toThrow(corrupt);
    }
    expect(() => readEncoder(shipped('golden.json'))).toThrow(corrupt);
    // Positions where the weights of a query belong, and the other way round.
    const moved = renamed(renamed(file, '0.query.q', '0.query.x'), 'positions', '0.query.q');
    expect(() => readEncoder(renamed(moved, '0.query.x', 'positions'))).toThrow(corrupt);
  });
});

/** The file with every occurrence of a name replaced by one of the same length. */
function renamed(bytes: Uint8Array, from: string, to: string): Uint8Array {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(from); at >= 0; at = copy.indexOf(from, at + 1)) copy.write(to, at);
  return copy;
}
