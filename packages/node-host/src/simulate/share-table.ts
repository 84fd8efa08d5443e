import type { RewardTable } from '@terrace/core/deploy';

/** The same table in memory that threads can look at without a copy of their own. */
export function shareTable({ features, ...table }: RewardTable): RewardTable {
  return {
    ...table,
    rewards: table.rewards.map(shared64),
    costs: table.costs.map(shared64),
    ...(features && { features: { width: features.width, values: shared32(features.values) } }),
  };
}

function shared64(values: Float64Array): Float64Array {
  const copy = new Float64Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}

function shared32(values: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
