import {
  trainFactors,
  type FactorJob,
  type FittedFactors,
  type FitterOptions,
  type MatMul,
} from '@terrace/core/deltas';
import { cutToContext, loadTokenizer } from '@terrace/core/engine';
import { encoderHost } from '../engine/encoder-host.js';

/** What follows in a longer text seldom changes what it is about, and attention over it takes long. */
const MOST_TOKENS = 64;

/**
 * Reads what the job names, and trains factors on it.
 * @throws ArtifactMissingError, ArtifactCorruptError, EngineError, the signal's reason
 */
export async function fitFactors(
  job: FactorJob,
  options: FitterOptions & { readonly matMul: MatMul },
): Promise<FittedFactors | undefined> {
  const { model, texts } = job;
  const [weights, tokenize] = await Promise.all([
    encoderHost.readVerified(model.weights),
    loadTokenizer(model, encoderHost),
  ]);
  const mostTokens = Math.min(model.contextTokens, MOST_TOKENS);
  const tokenIds = texts.map((text) => cutToContext(tokenize(text, mostTokens).ids, mostTokens));
  return trainFactors(job, { ...options, weights, tokenIds, nowMs: encoderHost.nowMs });
}
