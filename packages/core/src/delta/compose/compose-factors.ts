import type { StoredTensor } from '../safetensors.js';
import { DeltaConflictError } from '../../errors/delta-conflict-error.js';
import { factorName, readFactorName } from '../peft/factor-name.js';

type Tensors = ReadonlyMap<string, StoredTensor>;

/** The factors of one delta, and how much of them is wanted. */
export interface FactorPart {
  /** A [rank, hidden] and B [hidden, rank] of each module, by PEFT's names; undefined of a head alone. */
  readonly factors: Tensors | undefined;
  /** What the products are multiplied with already. */
  readonly scale: number;
  readonly weight: number;
}

/** More makes every request slower than a model of its own would be. */
const MOST_RANK = 64;

/**
 * Factors whose product is the weighted sum of the parts' products: ranks stand one beside the other, scale and weight
 * go into B. What a part does not change is zero in its ranks, so that every module has the same rank and the result
 * the scale 1.
 * @returns undefined where no part has factors
 * @throws DeltaConflictError when the ranks sum up to more than 64
 */
export function composeFactors(
  parts: readonly FactorPart[],
): { readonly rank: number; readonly factors: Tensors } | undefined {
  const read = parts.flatMap(({ factors, scale, weight }) => (factors ? [partOf(factors, scale * weight)] : []));
  const rank = read.reduce((sum, part) => sum + part.rank, 0);
  if (rank === 0) return undefined;
  if (rank > MOST_RANK) throw tooLarge(rank);
  const factors = new Map<string, StoredTensor>();
  const places = new Set(read.flatMap(({ modules }) => [...modules.keys()]));
  for (const place of [...places].toSorted()) {
    const hidden = read.map(({ modules }) => modules.get(place)).find((each) => each !== undefined)!.hidden;
    const a = new Float32Array(rank * hidden);
    const b = new Float32Array(hidden * rank);
    let from = 0;
    for (const { rank: room, factor, modules } of read) {
      const its = modules.get(place);
      if (its) {
        a.set(its.a.data, from * hidden);
        const own = its.a.shape[0]!;
        for (let row = 0; row < hidden; row++) {
          for (let column = 0; column < own; column++)
            b[row * rank + from + column] = factor * its.b.data[row * own + column]!;
        }
      }
      from += room;
    }
    const [layer, site] = place.split('.').map(Number) as [number, number];
    factors.set(factorName(layer, site, 'A'), { shape: [rank, hidden], data: a });
    factors.set(factorName(layer, site, 'B'), { shape: [hidden, rank], data: b });
  }
  return { rank, factors };
}

/** Both factors of one matrix of a model. */
export interface ModuleFactors {
  /** [rank, hidden] */
  readonly a: StoredTensor;
  /** [hidden, rank] */
  readonly b: StoredTensor;
  readonly hidden: number;
}

/** Factors by `<layer>.<site>`; tensors that are none, or lack their partner, are left out. */
export function modulesOf(factors: Tensors): ReadonlyMap<string, ModuleFactors> {
  const modules = new Map<string, ModuleFactors>();
  for (const [name, a] of factors) {
    const read = readFactorName(name);
    const b = read?.side === 'A' ? factors.get(`${read.module}.lora_B.weight`) : undefined;
    if (read && b) modules.set(`${read.layer}.${read.site}`, { a, b, hidden: a.shape[1]! });
  }
  return modules;
}

function partOf(factors: Tensors, factor: number) {
  const modules = modulesOf(factors);
  return { factor, modules, rank: Math.max(0, ...[...modules.values()].map(({ a }) => a.shape[0]!)) };
}

const tooLarge = (rank: number): DeltaConflictError =>
  new DeltaConflictError({
    message: `Together the deltas have rank ${rank}; up to ${MOST_RANK} can be composed.`,
    hint: 'Compose fewer of them, or fit one delta on the data of all.',
    facts: { rank, most: MOST_RANK },
  });
