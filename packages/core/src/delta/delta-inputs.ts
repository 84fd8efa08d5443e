import { DeltaMismatchError } from '../errors/delta-mismatch-error.js';
import type { GraphShape } from '../ports/model-engine.js';
import type { PlainTensor } from '../tasks/encoder-feeds.js';
import type { StoredTensor } from './safetensors.js';

/** PEFT's module names of the four sites, in the order the graph wants them. */
const SITES = ['attention.self.query', 'attention.self.key', 'attention.self.value', 'attention.output.dense'];

type Tensors = ReadonlyMap<string, StoredTensor>;

/**
 * A delta's files as graph inputs: `lora_a` [layers, 4, hidden, rank], `lora_b` [layers, 4, rank, hidden],
 * `head_w` [features, labels], `head_b` [labels]. Layers without factors stay zero.
 * @param emptyRank of the factors, all zeros, where there is no adapter: not every provider takes empty tensors
 * @throws DeltaMismatchError when a tensor does not fit the base
 */
export function deltaInputs({
  shape,
  rank,
  emptyRank = 0,
  labelCount,
  head,
  adapter,
}: {
  shape: GraphShape;
  rank: number;
  emptyRank?: 0 | 1;
  labelCount: number;
  head: Tensors;
  adapter: Tensors | undefined;
}): Record<string, PlainTensor> {
  const inputs = headInputs(head, shape.features, labelCount);
  if (shape.layers === 0) return inputs;
  return { ...inputs, ...(adapter ? factorInputs(adapter, shape, rank) : factorInputs(new Map(), shape, emptyRank)) };
}

/** The inputs of a plain base: no delta, and a head of one label that nobody reads. */
export function plainInputs(shape: GraphShape, emptyRank: 0 | 1 = 0): Record<string, PlainTensor> {
  const head = new Map([
    ['head.weight', { shape: [1, shape.features], data: new Float32Array(shape.features) }],
    ['head.bias', { shape: [1], data: new Float32Array(1) }],
  ]);
  return deltaInputs({ shape, rank: 0, emptyRank, labelCount: 1, head, adapter: undefined });
}

function headInputs(head: Tensors, features: number, labels: number): Record<string, PlainTensor> {
  const weight = tensorOf(head, 'head.weight', [labels, features]);
  const bias = tensorOf(head, 'head.bias', [labels]);
  const transposed = new Float32Array(features * labels);
  for (let label = 0; label < labels; label++) {
    for (let feature = 0; feature < features; feature++) {
      transposed[feature * labels + label] = weight[label * features + feature]!;
    }
  }
  return {
    head_w: { type: 'float32', data: transposed, dims: [features, labels] },
    head_b: { type: 'float32', data: bias, dims: [labels] },
  };
}

function factorInputs(adapter: Tensors, { layers, hidden }: GraphShape, rank: number): Record<string, PlainTensor> {
  const a = new Float32Array(layers * SITES.length * hidden * rank);
  const b = new Float32Array(layers * SITES.length * rank * hidden);
  for (const name of adapter.keys()) {
    const { layer, site, side } = parseName(name);
    if (layer >= layers) throw mismatch(`"${name}" names layer ${layer}; the base has ${layers}`);
    const offset = (layer * SITES.length + site) * hidden * rank;
    if (side === 'A') transposeInto(a, offset, tensorOf(adapter, name, [rank, hidden]), rank, hidden);
    else transposeInto(b, offset, tensorOf(adapter, name, [hidden, rank]), hidden, rank);
    const partner = name.replace(/lora_[AB]\.weight$/, `lora_${side === 'A' ? 'B' : 'A'}.weight`);
    if (!adapter.has(partner)) throw mismatch(`"${name}" has no partner "${partner}"`);
  }
  return {
    lora_a: { type: 'float32', data: a, dims: [layers, SITES.length, hidden, rank] },
    lora_b: { type: 'float32', data: b, dims: [layers, SITES.length, rank, hidden] },
  };
}

function parseName(name: string): { layer: number; site: number; side: string } {
  const [, layer, module, side] = /layer\.(\d+)\.(.+)\.lora_([AB])\.weight$/.exec(name) ?? [];
  const site = SITES.indexOf(module ?? '');
  if (site === -1) throw mismatch(`"${name}" is not a query, key, value or attention output factor`);
  return { layer: Number(layer), site, side: side! };
}

/** Stores a [rows, columns] matrix as [columns, rows]. */
function transposeInto(
  target: Float32Array,
  offset: number,
  source: Float32Array,
  rows: number,
  columns: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      target[offset + column * rows + row] = source[row * columns + column]!;
  }
}

function tensorOf(tensors: Tensors, name: string, shape: readonly number[]): Float32Array {
  const tensor = tensors.get(name);
  if (tensor && tensor.shape.join() === shape.join()) return tensor.data;
  throw mismatch(
    `"${name}" is ${tensor ? `[${tensor.shape.join(', ')}]` : 'absent'}; [${shape.join(', ')}] was expected`,
  );
}

function mismatch(why: string): DeltaMismatchError {
  return new DeltaMismatchError({
    message: `The delta does not fit its base: ${why}.`,
    hint: 'Use the delta with the base named in its delta.json.',
  });
}
