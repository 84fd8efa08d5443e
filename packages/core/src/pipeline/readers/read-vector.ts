import type { TierAnswer } from '../../tasks/answer.js';
import { unusable, type Unusable } from './pipeline-reader.js';

/** One vector, made of unit length. A list with it alone is it. */
export function readVector(output: unknown): TierAnswer | Unusable {
  let values = output;
  while (Array.isArray(values) && values.length === 1 && Array.isArray(values[0])) values = values[0];
  if (!Array.isArray(values) || values.length === 0 || !values.every((each) => typeof each === 'number'))
    return unusable('it is no single vector: say how the model pools, e.g. `{ pooling: "mean" }`');
  const length = Math.hypot(...values);
  if (!Number.isFinite(length) || length === 0) return unusable('its vector has no direction');
  return { kind: 'embedding', vector: Float32Array.from(values, (value: number) => value / length) };
}
