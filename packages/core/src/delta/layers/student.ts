import type { MatMul, Matrix } from '../../ports/mat-mul.js';
import type { Head } from '../fit/head.js';
import type { TextStarts } from './attention.js';
import { crossEntropy } from './cross-entropy.js';
import type { Slope } from './adam.js';
import { layerBackward, runLayer, type Layer, type LayerFactors, type LayerTape } from './layer.js';
import type { Dropout } from './low-rank.js';
import { pool, poolBackward } from './pooling.js';

/** What is trained: factors of the last layers, and a head over them. */
export interface Student {
  readonly layers: readonly Layer[];
  /** One a layer of `layers`. */
  readonly factors: readonly LayerFactors[];
  readonly head: Head;
}

/** Texts as the first trained layer gets them. */
export interface Batch {
  /** [tokens, hidden] */
  readonly states: Matrix;
  readonly starts: TextStarts;
  /** [texts] indices of labels */
  readonly truth: ArrayLike<number>;
  /** [texts] */
  readonly weights: ArrayLike<number>;
}

/** @returns unit embeddings, [texts, hidden] */
export async function embed(
  { layers, factors }: Pick<Student, 'layers' | 'factors'>,
  { states, starts }: Pick<Batch, 'states' | 'starts'>,
  matMul: MatMul,
): Promise<Matrix> {
  let hidden = states;
  for (const [i, layer] of layers.entries()) {
    hidden = (await runLayer(layer, hidden, { matMul, starts, factors: factors[i] })).output;
  }
  return pool(hidden, starts).embeddings;
}

/** @returns [texts, labels] */
export async function logitsOf({ weight, bias }: Head, embeddings: Matrix, matMul: MatMul): Promise<Matrix> {
  const logits = await matMul.multiply(embeddings, headMatrix(weight, bias), 'second');
  for (let at = 0; at < logits.data.length; at++) logits.data[at] = logits.data[at]! + bias[at % bias.length]!;
  return logits;
}

/** How the loss of a batch changes with every parameter, by the chain rule from the logits down. */
export async function slopesOf(
  { layers, factors, head }: Student,
  { states, starts, truth, weights }: Batch,
  {
    matMul,
    dropout,
    learningRates,
  }: {
    readonly matMul: MatMul;
    readonly dropout: Dropout | undefined;
    readonly learningRates: { readonly factors: number; readonly head: number };
  },
): Promise<{ readonly loss: number; readonly slopes: readonly Slope[] }> {
  const tapes: LayerTape[] = [];
  let hidden = states;
  for (const [i, layer] of layers.entries()) {
    const { output, tape } = await runLayer(layer, hidden, { matMul, starts, factors: factors[i], dropout });
    tapes.push(tape);
    hidden = output;
  }
  const pooled = pool(hidden, starts);
  const logits = await logitsOf(head, pooled.embeddings, matMul);
  const loss = crossEntropy(logits, { truth, weights });

  const ofHead = (values: Float32Array, gradient: Float32Array): Slope => ({
    values,
    gradient,
    learningRate: learningRates.head,
  });
  const slopes = [
    ofHead(head.weight, (await matMul.multiply(logits, pooled.embeddings, 'first')).data),
    ofHead(head.bias, columnSums(logits)),
  ];
  let gradient = poolBackward(await matMul.multiply(logits, headMatrix(head.weight, head.bias)), pooled, starts);
  for (let i = layers.length - 1; i >= 0; i--) {
    const back = await layerBackward(layers[i]!, gradient, {
      tape: tapes[i]!,
      factors: factors[i]!,
      matMul,
      starts,
      below: i > 0,
    });
    for (const place of ['queryKeyValue', 'output'] as const)
      for (const factor of ['a', 'b'] as const) {
        slopes.push({
          values: factors[i]![place][factor].data,
          gradient: back.factors[place][factor].data,
          learningRate: learningRates.factors,
        });
      }
    if (back.input) gradient = back.input;
  }
  return { loss, slopes };
}

const headMatrix = (weight: Head['weight'], bias: Head['bias']): Matrix => ({
  rows: bias.length,
  columns: weight.length / bias.length,
  data: weight,
});

function columnSums({ columns, data }: Matrix): Float32Array {
  const sums = new Float32Array(columns);
  for (let at = 0; at < data.length; at++) sums[at % columns] = sums[at % columns]! + data[at]!;
  return sums;
}
