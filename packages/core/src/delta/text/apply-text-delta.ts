import type { StoredTensor } from '../safetensors.js';
import { bitBranch, loraBranch, node, type Branch, type BranchTensor } from './branches.js';
import { doesNotFit } from './does-not-fit.js';
import { linearSites, type LinearSite } from './linear-sites.js';
import { fieldOf, joined, readParts, type MessagePart } from './message-parts.js';
import { moduleTensors, type ModuleTensors } from './module-tensors.js';

export interface TextDeltaTensors {
  readonly kind: 'lora' | 'bitdelta';
  /** Of `lora`: no module may have a higher one. */
  readonly rank: number | undefined;
  /** What products of factors are multiplied with; 1 where none is said. */
  readonly scale: number | undefined;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** A graph, and the files beside it by the names that it knows them by. */
export interface ChangedGraph {
  readonly model: Uint8Array<ArrayBuffer>;
  readonly external: ReadonlyMap<string, Uint8Array>;
}

const MAX_RANK = 1024;
/** A runtime maps or copies what begins at such an offset without a shift. */
const ALIGNMENT = 64;
const FILE = 'text-delta.bin';

/**
 * The graph of a decoder with a delta beside its weights: of every product that the delta changes a branch is added,
 * `x W + scale x A B`, or with signs in place of the factors. The weights are not touched, so that a 4-bit model stays
 * one, and what the delta brings lies outside the graph.
 * @throws DeltaMismatchError when the delta does not fit the graph; RangeError when the bytes are no graph
 */
export function applyTextDelta(model: Uint8Array, { kind, rank, scale = 1, tensors }: TextDeltaTensors): ChangedGraph {
  const changes = moduleTensors(kind, tensors);
  if (changes.length === 0) throw doesNotFit('it changes nothing');
  if (kind === 'lora') checkRanks(changes, rank);
  const file = readParts(model);
  const graphAt = file.findIndex(({ number, bytes }) => number === 7 && bytes !== undefined);
  if (graphAt === -1) throw new RangeError('the model has no graph');
  const graph = readParts(file[graphAt]!.bytes!);
  const sites = linearSites(graph);
  const branches = new Map(
    sitesOf(changes, sites).map(([site, change]) => [
      site.at,
      { site, branch: kind === 'lora' ? loraBranch(site, change, scale) : bitBranch(site, change) },
    ]),
  );
  const { external, described } = layOut([...branches.values()].flatMap(({ branch }) => branch.tensors));
  const chunks = graph.flatMap((part, at) => {
    const added = branches.get(at);
    return added ? withBranch(part, added) : [part.raw];
  });
  const changed = [...chunks, ...described.flatMap((tensor) => fieldOf(5, [tensor]))];
  const whole = file.flatMap((part, at) => (at === graphAt ? fieldOf(7, changed) : [part.raw]));
  return { model: joined([...whole, ...missingDomain(file)]), external: new Map([[FILE, external]]) };
}

/** What each site is changed by, module by module. */
function sitesOf(
  changes: readonly ModuleTensors[],
  sites: readonly LinearSite[],
): [LinearSite, (ModuleTensors | undefined)[]][] {
  const left = new Set(changes);
  const found = sites.flatMap((site): [LinearSite, (ModuleTensors | undefined)[]][] => {
    const change = site.modules.map(({ module }) =>
      changes.find((each) => each.layer === site.layer && each.module === module),
    );
    for (const each of change) if (each) left.delete(each);
    if (change.every((each) => each === undefined)) return [];
    if (site.inHalves) throw doesNotFit(`${site.output} computes with half numbers`);
    return [[site, change]];
  });
  const [unknown] = left;
  if (unknown) throw doesNotFit(`the graph has no product of its own for "${unknown.name}"`);
  return found;
}

function checkRanks(changes: readonly ModuleTensors[], rank: number | undefined): void {
  for (const { name, first } of changes) {
    const own = first.shape[0] ?? 0;
    if (own < 1 || own > (rank ?? MAX_RANK) || own > MAX_RANK)
      throw doesNotFit(`"${name}" has factors of rank ${own}; ${rank ?? MAX_RANK} is the highest`);
  }
}

/** The product under another name, what is added to it, and the sum under the name of old. */
function withBranch(
  part: MessagePart,
  { site, branch }: { readonly site: LinearSite; readonly branch: Branch },
): Uint8Array[] {
  const base = `${site.output}.base`;
  let isFirst = true;
  const renamed = readParts(part.bytes!).flatMap((field) => {
    if (field.number !== 2 || !isFirst) return [field.raw];
    isFirst = false;
    return fieldOf(2, base);
  });
  const sum = node('Add', [base, branch.output], site.output);
  return [renamed, ...[...branch.nodes, sum].map((each) => [each])].flatMap((each) => fieldOf(1, each));
}

/** All tensors in one file, and what the graph says of where they lie. @see onnx.proto3: TensorProto.external_data */
function layOut(tensors: readonly BranchTensor[]): { external: Uint8Array; described: Uint8Array[] } {
  let end = 0;
  const placed = tensors.map((tensor) => {
    const offset = end;
    end = Math.ceil((offset + tensor.bytes.length) / ALIGNMENT) * ALIGNMENT;
    return { ...tensor, offset };
  });
  const external = new Uint8Array(end);
  const described = placed.map(({ name, type, dims, bytes, offset }) => {
    external.set(bytes, offset);
    const place = { location: FILE, offset: String(offset), length: String(bytes.length) };
    const entries = Object.entries(place).flatMap(([key, value]) =>
      fieldOf(13, [...fieldOf(1, key), ...fieldOf(2, value)]),
    );
    return joined([
      ...dims.flatMap((size) => fieldOf(1, size)),
      ...fieldOf(2, type),
      ...fieldOf(8, name),
      ...entries,
      ...fieldOf(14, 1),
    ]);
  });
  return { external, described };
}

/** Products of few bits are an operator of this domain. */
function missingDomain(file: readonly MessagePart[]): Uint8Array[] {
  const domains = file.flatMap(({ number, bytes }) => (number === 8 && bytes ? [readParts(bytes)] : []));
  const hasOne = domains.some((parts) =>
    parts.some(({ number, bytes }) => number === 1 && new TextDecoder().decode(bytes) === 'com.microsoft'),
  );
  return hasOne ? [] : fieldOf(8, [...fieldOf(1, 'com.microsoft'), ...fieldOf(2, 1)]);
}
