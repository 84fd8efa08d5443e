import type { Dense, EncoderWeights, LayerWeights, Norm } from '../delta/layers/encoder-weights.js';
import type { Matrix } from '../ports/mat-mul.js';
import type { Random } from '../ports/random.js';

const [HIDDEN, INNER, HEADS, VOCABULARY] = [8, 12, 2, 16] as const;

/** An encoder of drawn weights: two layers, 8 wide, two heads, 16 tokens. */
export function tinyEncoder(random: Random): EncoderWeights & { readonly hidden: 8 } {
  const layers = [drawLayer(random), drawLayer(random)];
  const tokens = drawMatrix(VOCABULARY, HIDDEN, random).data;
  return {
    hidden: HIDDEN,
    heads: HEADS,
    layerCount: layers.length,
    layer: (index) => layers[index]!,
    embed(texts) {
      const ids = texts.flat();
      const data = new Float32Array(ids.length * HIDDEN);
      for (const [row, id] of ids.entries()) {
        data.set(tokens.subarray(id * HIDDEN, (id + 1) * HIDDEN), row * HIDDEN);
      }
      return { rows: ids.length, columns: HIDDEN, data };
    },
  };
}

/** Values in [-1, 1). */
export const drawMatrix = (rows: number, columns: number, random: Random): Matrix => ({
  rows,
  columns,
  data: drawValues(rows * columns, random),
});

export const drawValues = (length: number, random: Random): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length }, () => 2 * random() - 1);

function drawLayer(random: Random): LayerWeights {
  const dense = (rows: number, columns: number): Dense => ({
    weight: drawMatrix(rows, columns, random),
    bias: drawValues(columns, random),
  });
  const norm = (): Norm => ({
    weight: drawValues(HIDDEN, random).map((each) => 1 + each / 2),
    bias: drawValues(HIDDEN, random),
    epsilon: 1e-12,
  });
  return {
    queryKeyValue: dense(HIDDEN, 3 * HIDDEN),
    output: dense(HIDDEN, HIDDEN),
    attentionNorm: norm(),
    up: dense(HIDDEN, INNER),
    down: dense(INNER, HIDDEN),
    outputNorm: norm(),
  };
}
