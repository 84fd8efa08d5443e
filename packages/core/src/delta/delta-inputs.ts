import { DeltaMismatchError } from '../errors/delta-mismatch-error.js';
import type { GraphShape } from '../ports/model-engine.js';
import type { PlainTensor } from '../tasks/encoder-feeds.js';
import type { StoredTensor } from './safetensors.js';

/** PEFT's module names of the four sites, in the order the graph wants them. */
export const SITES = ['attention.self.query', 'attention.self.key', 'attention.self.value', 'attention.output.dense'];

type Tensors = ReadonlyMap<string, StoredTensor>;

/**
 * A delta's files as graph inputs: `lora_a` [layers, 4, hidden, rank], `lora_b` [layers, 4, rank, hidden],
 * `head_w` [features, labels], `head_b` [labels]. Layers without factors stay zero, and so does what factors of a lower
 * rank than the delta's leave over.
 * @param scale what the products of the factors are multiplied with
 * @param emptyRank of the factors, all zeros, where there is no adapter: not every provider takes empty tensors
 * @throws DeltaMismatchError when a tensor does not fit the base
 */
export function deltaInputs({
  shape,
  rank,
  scale = 1,
  emptyRank = 0,
  labelCount,
  head,
  adapter,
}: {
  shape: GraphShape;
  rank: number;
  scale?: number | undefined;
  emptyRank?: 0 | 1;
  labelCount: number;
  head: Tensors;
  adapter: Tensors | undefined;
}): Record<string, PlainTensor> {
  const inputs = headInputs(head, shape.features, labelCount);
  if (shape.layers === 0) return inputs;
  return { ...inputs, ...factorInputs(adapter ?? new Map(), shape, adapter ? rank : emptyRank, scale) };
}

/** The inputs of a plain base: no delta, and a head of one label that nobody reads. */
export function plainInputs(shape: GraphShape, emptyRank: 0 | 1 = 0): Record<string, PlainTensor> {
  const { features, layers } = shape;
  const head = { head_w: floats([features, 1]), head_b: floats([1]) };
  return layers === 0 ? head : { ...head, ...factorInputs(new Map(), shape, emptyRank, 1) };
}

/** @param data zeros where there are none yet */
function floats(dims: readonly number[], data?: Float32Array): PlainTensor & { readonly type: 'float32' } {
  const count = dims.reduce((product, size) => product * size, 1);
  return { type: 'float32', data: data ?? new Float32Array(count), dims };
}

function headInputs(head: Tensors, features: number, labels: number): Record<string, PlainTensor> {
  const weight = tensorOf(head, 'head.weight', [labels, features]);
  const bias = tensorOf(head, 'head.bias', [labels]);
  const transposed = floats([features, labels]);
  transposeInto(transposed.data, weight, { columns: features, width: labels });
  return { head_w: transposed, head_b: floats([labels], bias) };
}

function factorInputs(
  adapter: Tensors,
  { layers, hidden }: GraphShape,
  rank: number,
  scale: number,
): Record<string, PlainTensor> {
  const a = floats([layers, SITES.length, hidden, rank]);
  const b = floats([layers, SITES.length, rank, hidden]);
  for (const name of adapter.keys()) {
    const { layer, site, nameOfA, nameOfB } = parseName(name);
    if (layer >= layers) throw mismatch(`"${name}" names layer ${layer}; the base has ${layers}`);
    if (name === nameOfB && adapter.has(nameOfA)) continue;
    const own = Math.min(rank, adapter.get(nameOfA)?.shape[0] ?? rank);
    const at = (layer * SITES.length + site) * hidden * rank;
    const factorA = tensorOf(adapter, nameOfA, [own, hidden]);
    const factorB = tensorOf(adapter, nameOfB, [hidden, own]);
    transposeInto(a.data.subarray(at), factorA, { columns: hidden, width: rank });
    transposeInto(b.data.subarray(at), factorB, { columns: own, width: hidden, scale });
  }
  return { lora_a: a, lora_b: b };
}

/** No file has a longer one, and what reads names goes back and forth in them. */
const LONGEST_NAME = 512;

function parseName(name: string): { layer: number; site: number; nameOfA: string; nameOfB: string } {
  const read = name.slice(0, LONGEST_NAME);
  const [, start, layer, module] = /^(.*layer\.(\d+)\.(.+)\.lora_)[AB]\.weight$/.exec(read) ?? [];
  const site = SITES.indexOf(module ?? '');
  if (site === -1) throw mismatch(`"${read}" is not a query, key, value or attention output factor`);
  return { layer: Number(layer), site, nameOfA: `${start}A.weight`, nameOfB: `${start}B.weight` };
}

/**
 * Stores a [rows, columns] matrix as [columns, width], of which the first `rows` are filled: in the order of the target,
 * so that no line of it is fetched twice.
 */
function transposeInto(
  target: Float32Array,
  source: Float32Array,
  { columns, width, scale = 1 }: { columns: number; width: number; scale?: number },
): void {
  for (let column = 0; column < columns; column++) {
    for (let from = column, to = column * width; from < source.length; from += columns) {
      target[to++] = source[from]! * scale;
    }
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
