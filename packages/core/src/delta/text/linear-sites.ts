import { readParts, type MessagePart } from './message-parts.js';

export type Module = 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down';

/** A product of the graph with weights that a delta may change. */
export interface LinearSite {
  readonly layer: number;
  /** The modules whose rows it holds, in the order of its columns. */
  readonly modules: readonly { readonly module: Module; readonly width: number }[];
  /** Of its input before anything was appended to that. */
  readonly inWidth: number;
  /** The name of that input. */
  readonly input: string;
  readonly output: string;
  /** Which field of the graph it is. */
  readonly at: number;
  /** Whether it computes with half numbers, which factors are not. */
  readonly inHalves: boolean;
}

interface GraphNode {
  readonly at: number;
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly integers: ReadonlyMap<string, number>;
}

const HALF = 10;
/** As exports of the hub name what a projection gives, and as ours do. */
const NAMED_BY_PATH =
  /(?:^|[/.])layers[./](\d{1,4})[/.](?:self_attn|attn|mlp)[/.](qkv|q|k|v|o|gate|up|down)_proj[/.]MatMul/;
const NAMED_SHORT = /^layer(\d{1,4})\.(qkv|o|gate|up|down)\.out$/;

/**
 * The linear layers of a decoder's graph by the names of what they give.
 * @param parts of the graph
 */
export function linearSites(parts: readonly MessagePart[]): LinearSite[] {
  const nodes = parts.flatMap((part, at) => (part.number === 1 && part.bytes ? [readNode(part.bytes, at)] : []));
  const tensors = new Map(parts.flatMap((part) => (part.number === 5 && part.bytes ? [readTensor(part.bytes)] : [])));
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  const attention = nodes.find(({ op }) => op === 'GroupQueryAttention')?.integers;

  return nodes.flatMap((node): LinearSite[] => {
    const [output = ''] = node.outputs;
    const [, layer, name] = NAMED_BY_PATH.exec(output) ?? NAMED_SHORT.exec(output) ?? [];
    const widths = layer === undefined ? undefined : widthsOf(node, tensors);
    if (!widths || name === undefined) return [];
    const modules = modulesOf(name, widths.out, attention);
    if (!modules) return [];
    const input = rawInput(node.inputs[0]!, widths.in, { makers, tensors });
    const scales = node.op === 'MatMulNBits' ? tensors.get(node.inputs[2] ?? '') : tensors.get(node.inputs[1] ?? '');
    return [{ layer: Number(layer), modules, output, at: node.at, inHalves: scales?.type === HALF, ...input }];
  });
}

interface Widths {
  readonly in: number;
  readonly out: number;
}

function widthsOf({ op, inputs, integers }: GraphNode, tensors: ReadonlyMap<string, TensorFacts>): Widths | undefined {
  if (op === 'MatMulNBits') return { in: integers.get('K') ?? 0, out: integers.get('N') ?? 0 };
  const dims = op === 'MatMul' ? tensors.get(inputs[1] ?? '')?.dims : undefined;
  return dims?.length === 2 ? { in: dims[0]!, out: dims[1]! } : undefined;
}

/** Query, key and value in one product share its columns as the heads say. */
function modulesOf(
  name: string,
  width: number,
  attention: GraphNode['integers'] | undefined,
): LinearSite['modules'] | undefined {
  if (name !== 'qkv') return [{ module: name as Module, width }];
  const heads = attention?.get('num_heads') ?? 0;
  const kvHeads = attention?.get('kv_num_heads') ?? heads;
  const headDim = width / (heads + 2 * kvHeads);
  if (heads === 0 || !Number.isInteger(headDim)) return undefined;
  return [
    { module: 'q', width: heads * headDim },
    { module: 'k', width: kvHeads * headDim },
    { module: 'v', width: kvHeads * headDim },
  ];
}

/** Some exports append sums of blocks to an input, for weights that are kept as differences: factors know nothing of them. */
function rawInput(
  name: string,
  width: number,
  {
    makers,
    tensors,
  }: { readonly makers: ReadonlyMap<string, GraphNode>; readonly tensors: ReadonlyMap<string, TensorFacts> },
): Pick<LinearSite, 'input' | 'inWidth'> {
  const maker = makers.get(name);
  const [raw, appended] = maker?.op === 'Concat' ? maker.inputs : [];
  const sums = appended === undefined ? undefined : makers.get(appended);
  const dims = sums?.op === 'MatMul' && sums.inputs[0] === raw ? tensors.get(sums.inputs[1] ?? '')?.dims : undefined;
  if (raw !== undefined && dims?.length === 2) return { input: raw, inWidth: dims[0]! };
  return { input: name, inWidth: width };
}

function readNode(bytes: Uint8Array, at: number): GraphNode {
  const parts = readParts(bytes);
  const texts = (number: number): string[] =>
    parts.filter((part) => part.number === number).map(({ bytes: own }) => textOf(own));
  const integers = parts.flatMap((part): [string, number][] => {
    if (part.number !== 5 || !part.bytes) return [];
    const attribute = readParts(part.bytes);
    const value = attribute.find(({ number }) => number === 3)?.value;
    return value === undefined ? [] : [[textOf(attribute.find(({ number }) => number === 1)?.bytes), value]];
  });
  return { at, op: texts(4)[0] ?? '', inputs: texts(1), outputs: texts(2), integers: new Map(integers) };
}

interface TensorFacts {
  readonly dims: readonly number[];
  /** As TensorProto.DataType counts. */
  readonly type: number;
}

function readTensor(bytes: Uint8Array): [string, TensorFacts] {
  const parts = readParts(bytes);
  const dims = parts
    .filter(({ number }) => number === 1)
    .flatMap(({ value, bytes: packed }) => (packed ? packedNumbers(packed) : [value ?? 0]));
  const type = parts.find(({ number }) => number === 2)?.value ?? 0;
  return [textOf(parts.find(({ number }) => number === 8)?.bytes), { dims, type }];
}

function packedNumbers(bytes: Uint8Array): number[] {
  const values: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of bytes) {
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte >= 0x80) continue;
    values.push(value);
    [value, scale] = [0, 1];
  }
  return values;
}

const textOf = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
