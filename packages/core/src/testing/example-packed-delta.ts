import type { Model } from '../catalog/schema.js';
import { seededRandom } from '../evaluate/seeded-random.js';
import { encodeHead, packDelta } from '../learn/pack-delta.js';
import type { PackedDelta } from '../ports/revision-store.js';
import type { StartHash } from '../ports/running-hash.js';

/** A head of random numbers over a model: another seed makes another delta. */
export function examplePackedDelta({
  model,
  domain,
  startHash,
  seed = 1,
  labels = ['yes', 'no'],
}: {
  readonly model: Model;
  readonly domain: string;
  readonly startHash: StartHash;
  readonly seed?: number;
  readonly labels?: readonly string[];
}): PackedDelta {
  const random = seededRandom(seed);
  const weight = Float32Array.from({ length: labels.length * model.features }, () => random() - 0.5);
  return packDelta({
    id: `${domain.replace('/', '.')}/${model.id}`,
    domain,
    model,
    labels,
    outOfScopeLabel: null,
    subDomains: {},
    head: encodeHead({ labels, weight, bias: new Float32Array(labels.length) }, 'fp16'),
    factors: undefined,
    facts: { method: 'imported', parents: [] },
    startHash,
  });
}
