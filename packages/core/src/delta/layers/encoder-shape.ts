import { BLOCK } from './dequantise.js';
import type { OnnxGraph, OnnxTensors } from './onnx-file.js';

/** What an encoder's graph says of its computation, beside its weights. */
export interface EncoderShape {
  readonly hidden: number;
  readonly heads: number;
  readonly layerCount: number;
  /** Of every layer normalisation. */
  readonly epsilon: number;
  /** Values between the two products of a feed-forward part. */
  readonly inner: number;
}

/** Products with weights: the four that low-rank factors go beside, and the two of the feed-forward part. */
const PRODUCTS = ['query', 'key', 'value', 'output', 'up', 'down'] as const;

/**
 * @returns undefined when the graph is not an encoder as Terrace's are: its names, one attention, one exact GELU and two
 * normalisations a layer
 */
export function shapeOf(nodes: OnnxGraph['nodes'], tensors: OnnxTensors): EncoderShape | undefined {
  const layerCount = nodes.filter(({ op }) => op === 'MultiHeadAttention').length;
  const hidden = tensors.get('tokens.q')?.dims[1] ?? 0;
  const inner = tensors.get('0.up.bias')?.dims[0] ?? 0;
  const heads = same(nodes, 'MultiHeadAttention', 'num_heads');
  const epsilon = same(nodes, 'SkipLayerNormalization', 'epsilon');
  if (layerCount === 0 || heads === undefined || epsilon === undefined) return undefined;
  const sizesFit = hidden % heads === 0 && hidden % BLOCK === 0 && inner % BLOCK === 0;
  const plain =
    epsilon === same(nodes, 'LayerNormalization', 'epsilon') &&
    nodes.filter(({ op }) => op === 'SkipLayerNormalization').length === 2 * layerCount &&
    nodes.filter(({ op, attributes }) => op === 'Gelu' && !attributes.approximate).length === layerCount &&
    nodes.every(({ op, attributes }) => op !== 'MultiHeadAttention' || Object.keys(attributes).length === 1);
  if (!sizesFit || !plain || !namesOf(layerCount).every((name) => tensors.has(name))) return undefined;
  return { hidden, heads, layerCount, epsilon, inner };
}

/** The one value that an attribute has at all nodes of a kind; undefined where they differ or have none. */
function same(nodes: OnnxGraph['nodes'], kind: string, attribute: string): number | undefined {
  const values = new Set(nodes.flatMap(({ op, attributes }) => (op === kind ? attributes[attribute]?.[0] : [])));
  return values.size === 1 ? [...values][0] : undefined;
}

const namesOf = (layerCount: number): string[] => [
  'tokens.q',
  'tokens.scale',
  'tokens.zp',
  'positions',
  ...normNames('embeddings.LayerNorm'),
  ...Array.from({ length: layerCount }, (_, layer) => [
    ...PRODUCTS.flatMap((product) => ['q', 'scale', 'bias'].map((part) => `${layer}.${product}.${part}`)),
    ...normNames(`encoder.layer.${layer}.attention.output.LayerNorm`),
    ...normNames(`encoder.layer.${layer}.output.LayerNorm`),
  ]).flat(),
];

const normNames = (norm: string): string[] => [`${norm}.weight`, `${norm}.bias`];
