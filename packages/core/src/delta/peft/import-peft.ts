import { DeltaMismatchError } from '../../errors/delta-mismatch-error.js';
import type { GraphShape } from '../../ports/model-engine.js';
import { readSafetensors, type StoredTensor } from '../safetensors.js';
import { readFactorName, type FactorName } from './factor-name.js';
import { notTaken } from './not-taken.js';
import { readPeftConfig } from './peft-config.js';

/** What a delta's manifest says of an adapter whose bytes are kept as they are. */
export interface ImportedAdapter {
  /** The largest one; factors of a lower rank are padded when inputs are made of them. */
  readonly rank: number;
  /** What the products are multiplied with: alpha / rank, or alpha / sqrt(rank) with rsLoRA. */
  readonly scale: number;
  /** Layers that have factors, ascending. */
  readonly layers: readonly number[];
}

/** Scales of modules this close are one: PEFT computes them from decimal numbers. */
const SAME_SCALE = 1e-6;

/**
 * Reads a LoRA adapter that PEFT trained on the same base.
 * @param config what `adapter_config.json` holds
 * @param adapter the bytes of `adapter_model.safetensors`: A [rank, hidden] and B [hidden, rank] of each module
 * @param shape of the base's graph
 * @throws ArtifactCorruptError where a file is damaged; DeltaMismatchError by the name of what does not fit the base or
 *   is more than LoRA on query, key, value and attention output
 */
export function importPeft({
  config,
  adapter,
  shape,
}: {
  readonly config: unknown;
  readonly adapter: Uint8Array;
  readonly shape: Pick<GraphShape, 'layers' | 'hidden'>;
}): ImportedAdapter {
  const { scaleOf } = readPeftConfig(config);
  const tensors = readSafetensors(adapter);
  const modules = modulesOf(tensors);
  let rank = 0;
  let scale: number | undefined;
  for (const { module, layer, a, b } of modules) {
    if (layer >= shape.layers) throw mismatch(`it adapts layer ${layer}, and the base has ${shape.layers}`);
    const own = a.shape[0] ?? 0;
    if (own === 0 || !isOfShape(a, [own, shape.hidden]) || !isOfShape(b, [shape.hidden, own])) {
      throw mismatch(
        `"${module}" has factors of [${a.shape.join(', ')}] and [${b.shape.join(', ')}]; ` +
          `[rank, ${shape.hidden}] and [${shape.hidden}, rank] belong to the base`,
      );
    }
    rank = Math.max(rank, own);
    const its = scaleOf(module, own);
    scale ??= its;
    if (Math.abs(its - scale) > SAME_SCALE * scale) {
      throw notTaken(`a scale of ${its} for "${module}" and ${scale} for others (\`rank_pattern\`, \`alpha_pattern\`)`);
    }
  }
  if (scale === undefined) throw mismatch('it holds no factors');
  return { rank, scale, layers: [...new Set(modules.map(({ layer }) => layer))].toSorted((x, y) => x - y) };
}

interface AdaptedModule extends Pick<FactorName, 'module' | 'layer'> {
  readonly a: StoredTensor;
  readonly b: StoredTensor;
}

function modulesOf(tensors: ReadonlyMap<string, StoredTensor>): AdaptedModule[] {
  const seen = new Map<string, string>();
  const modules: AdaptedModule[] = [];
  for (const [name, a] of tensors) {
    const read = readFactorName(name);
    if (!read) throw notTaken(`the tensor "${name.slice(0, 160)}"`);
    const { module, layer, site, side } = read;
    const b = tensors.get(`${module}.lora_${side === 'A' ? 'B' : 'A'}.weight`);
    if (!b) throw mismatch(`"${name}" has no partner`);
    if (side === 'B') continue;
    const place = `${layer}.${site}`;
    if (seen.has(place)) throw notTaken(`"${module}" beside "${seen.get(place)!}": both adapt one matrix`);
    seen.set(place, module);
    modules.push({ module, layer, a, b });
  }
  return modules;
}

const isOfShape = ({ shape }: StoredTensor, [rows, columns]: readonly [number, number]): boolean =>
  shape.length === 2 && shape[0] === rows && shape[1] === columns;

const mismatch = (why: string): DeltaMismatchError =>
  new DeltaMismatchError({
    message: `The adapter does not fit the base: ${why}.`,
    hint: 'Name the base it was trained on (--base of the command).',
  });
