import { ArtifactCorruptError } from '../../errors/artifact-corrupt-error.js';
import { ArmSums } from './arm-sums.js';
import { packedLength, type Packed } from './cholesky.js';
import type { ContextModel, ContextWeights } from './context-model.js';
import { createContextModel } from './create-context-model.js';
import { decodeFloats } from './float-text.js';

/** No file that was kept is larger. */
const MOST_FEATURES = 2048;
const MOST_ARMS = 1000;

/**
 * Makes a model again from what `weights` gave. It goes on learning.
 * @param embedding sha256 of the model that embeds requests now
 * @param file for messages
 * @param known the prior, where it is kept elsewhere
 * @throws ArtifactCorruptError for what is no such file, and for one of another embedding
 */
export function readContextModel(value: unknown, embedding: string, file: string, known?: Packed): ContextModel {
  const weights = value as Partial<ContextWeights> | null | undefined;
  const { features, arms, strengths, forgetting, tensors } = weights ?? {};
  if (weights?.format !== 1) throw corrupt(file, 'is no model of contexts, format 1');
  if (weights.embedding !== embedding) throw corrupt(file, 'reads the embedding of another model');
  if (!isCount(features, MOST_FEATURES)) throw corrupt(file, 'has no number of features');
  if (!Array.isArray(arms) || arms.length > MOST_ARMS || !arms.every((id) => typeof id === 'string' && id !== ''))
    throw corrupt(file, 'has no list of arms');
  if (new Set(arms).size < arms.length) throw corrupt(file, 'has an arm twice');
  if (!(isPositive(strengths?.common) && isPositive(strengths.own))) throw corrupt(file, 'has no strengths');
  if (!isPositive(forgetting) || forgetting > 1) throw corrupt(file, 'forgets by no share');
  const read = (name: string, length: number): Float64Array => {
    const text: unknown = tensors?.[name];
    const values = typeof text === 'string' ? decodeFloats(text, length) : undefined;
    if (!values) throw corrupt(file, `has no ${length} numbers in "${name}"`);
    return Float64Array.from(values);
  };
  const own = tensors?.['prior'] === undefined ? undefined : read('prior', packedLength(features));
  const sums = arms.map((_, arm) => {
    const seen = new ArmSums(features);
    seen.restore(read(`arm${arm}`, ArmSums.lengthOf(features)));
    if (seen.weight < 0 || seen.squaredWeight < 0) throw corrupt(file, `has a negative weight in "arm${arm}"`);
    return seen;
  });
  const expected = arms.length + (own ? 1 : 0);
  if (Object.keys(tensors ?? {}).length !== expected) throw corrupt(file, `has not ${expected} tensors`);
  return createContextModel({
    features,
    arms,
    prior: known ?? own,
    strengths: { common: strengths.common, own: strengths.own },
    forgetting,
    sums,
  });
}

const isCount = (value: unknown, most: number): value is number =>
  Number.isInteger(value) && (value as number) > 0 && (value as number) <= most;

const isPositive = (value: unknown): value is number =>
  typeof value === 'number' && value > 0 && Number.isFinite(value);

const corrupt = (file: string, why: string): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `${file} ${why}.`,
    hint: 'Delete it: routing learns anew from what requests bring.',
    facts: { file },
  });
