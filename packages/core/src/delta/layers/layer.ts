import type { Held, MatMul, Matrix } from '../../ports/mat-mul.js';
import { attend, attendBackward, type Attended, type TextStarts } from './attention.js';
import type { LayerWeights } from './encoder-weights.js';
import { gelu } from './gelu.js';
import { normalise, normaliseBackward, type Normalised } from './layer-norm.js';
import { addLowRank, addTo, lowRankBackward, type Dropout, type LowRank, type LowRankTape } from './low-rank.js';

/** The factors of one layer. Those of query, key and value are one pair, as their weights are one matrix. */
export interface LayerFactors {
  /** a [3 x rank, hidden], b [3 x hidden, 3 x rank] with nothing beside the three blocks of its diagonal */
  readonly queryKeyValue: LowRank;
  /** a [rank, hidden], b [hidden, rank] */
  readonly output: LowRank;
}

/** A layer whose four matrices are where products are made. */
export interface Layer {
  readonly heads: number;
  readonly weights: LayerWeights;
  readonly held: Readonly<Record<'queryKeyValue' | 'output' | 'up' | 'down', Held>>;
  letGo(): void;
}

/** What the way back needs of the way there. */
export interface LayerTape extends Attended {
  readonly projected: Matrix;
  readonly queryKeyValue: LowRankTape | undefined;
  readonly output: LowRankTape | undefined;
  readonly attentionNorm: Normalised;
  /** [tokens, inner] */
  readonly geluSlopes: Float32Array;
  readonly outputNorm: Normalised;
}

interface ForwardOptions {
  readonly matMul: MatMul;
  readonly starts: TextStarts;
  readonly factors?: LayerFactors | undefined;
  readonly dropout?: Dropout | undefined;
}

export function holdLayer(weights: LayerWeights, heads: number, matMul: MatMul): Layer {
  const held = {
    queryKeyValue: matMul.hold(weights.queryKeyValue.weight),
    output: matMul.hold(weights.output.weight),
    up: matMul.hold(weights.up.weight),
    down: matMul.hold(weights.down.weight),
  };
  return { heads, weights, held, letGo: () => Object.values(held).forEach((matrix) => matrix.letGo()) };
}

/**
 * One layer, for texts packed without padding.
 * @param input [tokens, hidden]
 */
export async function runLayer(
  { heads, weights, held }: Layer,
  input: Matrix,
  { matMul, starts, factors, dropout }: ForwardOptions,
): Promise<{ readonly output: Matrix; readonly tape: LayerTape }> {
  const project = async (x: Matrix, name: keyof typeof held): Promise<Matrix> =>
    addBias(await matMul.multiply(x, held[name]), weights[name].bias);
  const adapt = async (y: Matrix, x: Matrix, pair: LowRank | undefined): Promise<LowRankTape | undefined> =>
    pair && (await addLowRank(y, x, pair, { matMul, dropout }));

  const projected = await project(input, 'queryKeyValue');
  const queryKeyValue = await adapt(projected, input, factors?.queryKeyValue);
  const attended = attend(projected, heads, starts);
  const mixed = await project(attended.context, 'output');
  const output = await adapt(mixed, attended.context, factors?.output);
  addTo(mixed, input);
  const attentionNorm = normalise(mixed, weights.attentionNorm);
  const up = await project(attentionNorm.output, 'up');
  const active = { ...up, data: gelu(up.data) };
  const down = await project(active, 'down');
  addTo(down, attentionNorm.output);
  const outputNorm = normalise(down, weights.outputNorm);
  const tape = { ...attended, projected, queryKeyValue, output, attentionNorm, geluSlopes: up.data, outputNorm };
  return { output: outputNorm.output, tape };
}

/**
 * @param gradient of the layer's output, [tokens, hidden]
 * @param below whether something below is trained, so that the gradient of the input is wanted
 */
export async function layerBackward(
  { heads, weights, held }: Layer,
  gradient: Matrix,
  {
    tape,
    factors,
    matMul,
    starts,
    below,
  }: {
    readonly tape: LayerTape;
    readonly factors: LayerFactors;
    readonly matMul: MatMul;
    readonly starts: TextStarts;
    readonly below: boolean;
  },
): Promise<{ readonly factors: LayerFactors; readonly input: Matrix | undefined }> {
  const back = (each: Matrix, name: keyof typeof held): Promise<Matrix> => matMul.multiply(each, held[name], 'second');

  const down = normaliseBackward(gradient, tape.outputNorm, weights.outputNorm);
  const up = await back(down, 'down');
  for (let i = 0; i < up.data.length; i++) up.data[i] = up.data[i]! * tape.geluSlopes[i]!;
  addTo(down, await back(up, 'up'));
  const mixed = normaliseBackward(down, tape.attentionNorm, weights.attentionNorm);

  const context = await back(mixed, 'output');
  const output = await lowRankBackward(mixed, factors.output, tape.output!, { matMul, inputGradient: context });
  const projected = attendBackward(context, tape, heads, starts);
  const input = below ? await back(projected, 'queryKeyValue') : undefined;
  if (input) addTo(input, mixed);
  const queryKeyValue = await lowRankBackward(projected, factors.queryKeyValue, tape.queryKeyValue!, {
    matMul,
    inputGradient: input,
  });
  keepBlocks(queryKeyValue.b);
  return { factors: { queryKeyValue, output }, input };
}

/** Query, key and value have factors of their own: what is beside the diagonal's three blocks is no parameter. */
function keepBlocks({ rows, columns, data }: Matrix): void {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      if (Math.floor((3 * row) / rows) !== Math.floor((3 * column) / columns)) data[row * columns + column] = 0;
}

/** In place. */
function addBias(matrix: Matrix, bias: Float32Array): Matrix {
  const { columns, data } = matrix;
  for (let at = 0; at < data.length; at += columns)
    for (let i = 0; i < columns; i++) data[at + i] = data[at + i]! + bias[i]!;
  return matrix;
}
