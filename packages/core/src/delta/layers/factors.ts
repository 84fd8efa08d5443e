import type { Random } from '../../ports/random.js';
import type { StoredTensor } from '../safetensors.js';
import type { LayerFactors } from './layer.js';
import type { LowRank } from './low-rank.js';

/** PEFT's names of the places, in the order of the blocks of `queryKeyValue`. */
const FUSED = ['attention.self.query', 'attention.self.key', 'attention.self.value'] as const;
const OUTPUT = 'attention.output.dense';

/** Factors that change nothing yet: a is drawn, b is zero. @see Hu et al., LoRA (2021) */
export function initialFactors({
  rank,
  hidden,
  random,
}: {
  readonly rank: number;
  readonly hidden: number;
  readonly random: Random;
}): LayerFactors {
  const pair = (parts: number): LowRank => ({
    a: {
      rows: parts * rank,
      columns: hidden,
      data: Float32Array.from({ length: parts * rank * hidden }, () => normal(random) / Math.sqrt(hidden)),
    },
    b: { rows: parts * hidden, columns: parts * rank, data: new Float32Array(parts * hidden * parts * rank) },
  });
  return { queryKeyValue: pair(FUSED.length), output: pair(1) };
}

/** By PEFT's names: `lora_A` [rank, hidden], `lora_B` [hidden, rank]. */
export function toPeft(layer: number, { queryKeyValue, output }: LayerFactors): [string, StoredTensor][] {
  return [
    ...FUSED.flatMap((place, block) => tensorsOf(layer, place, blockOf(queryKeyValue, block))),
    ...tensorsOf(layer, OUTPUT, output),
  ];
}

function tensorsOf(layer: number, place: string, { a, b }: LowRank): [string, StoredTensor][] {
  const name = `base_model.model.encoder.layer.${layer}.${place}`;
  return [
    [`${name}.lora_A.weight`, { shape: [a.rows, a.columns], data: a.data }],
    [`${name}.lora_B.weight`, { shape: [b.rows, b.columns], data: b.data }],
  ];
}

function blockOf({ a, b }: LowRank, block: number): LowRank {
  const [rank, hidden] = [a.rows / FUSED.length, a.columns];
  const rows = Float32Array.from({ length: hidden * rank }, (_, at) => {
    const row = block * hidden + Math.floor(at / rank);
    return b.data[row * b.columns + block * rank + (at % rank)]!;
  });
  return {
    a: { rows: rank, columns: hidden, data: a.data.slice(block * rank * hidden, (block + 1) * rank * hidden) },
    b: { rows: hidden, columns: rank, data: rows },
  };
}

/** @see Box and Muller, A note on the generation of random normal deviates (1958) */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
