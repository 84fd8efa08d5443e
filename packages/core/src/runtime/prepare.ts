import type { FileRef } from '../catalog/fields.js';
import type { LocalTier } from '../catalog/tier.js';
import { TerraceError } from '../errors/terrace-error.js';
import type { ModelStore } from '../ports/model-store.js';
import { isLocalRung } from '../recommend/choose-ladder.js';
import { parseRequest, type RequestInput } from '../request/parse-request.js';
import { giveUpHere } from './give-up-here.js';
import type { Plan } from './planner.js';
import type { PrepareOptions } from './run-options.js';
import type { Stages } from './stages.js';

/** What a plan does not depend on. */
const ANY_TEXT = '-';

/**
 * What requests like this one are answered with.
 * @throws InvalidRequestError, NoTierFitsError; the signal's reason
 */
export const planFor = (
  input: Omit<RequestInput, 'text'>,
  planner: Stages['planner'],
  signal: AbortSignal | undefined,
  only?: readonly string[],
): Promise<Plan> => planner.plan(parseRequest({ ...input, text: ANY_TEXT }), signal, undefined, only);

/**
 * Brings what would answer such a request within reach and loads it, lightest first, so that the first answer waits
 * for none of it. Tiers of other machines are left alone.
 * @throws InvalidRequestError, NoTierFitsError, and what a download or a load fails with; the signal's reason
 */
export async function prepare(preparation: {
  input: Omit<RequestInput, 'text'>;
  options: PrepareOptions;
  store: ModelStore;
  stages: Pick<Stages, 'planner' | 'loader' | 'failing'>;
}): Promise<void> {
  const { input, options, store, stages } = preparation;
  const { signal, only, onProgress = () => undefined } = options;
  const { planner, loader } = stages;
  const plan = await planFor(input, planner, signal, only);
  const rungs = plan.ladder.filter(isLocalRung);
  await fetchAll({ files: rungs.flatMap(({ tier }) => filesOf(tier)), store, signal, onProgress });
  for (const rung of rungs) {
    const { provider, predictedMs: expectedRunMs, memoryBytes } = rung.estimate;
    try {
      const { done } = await loader.acquire(rung.tier, { provider, expectedRunMs, memoryBytes }, signal);
      done();
    } catch (error) {
      // Another provider may run it: the next plan knows that this one does not.
      if (!TerraceError.isInstance(error) || !giveUpHere(rung, error, stages)) throw error;
      return prepare(preparation);
    }
  }
}

async function fetchAll({
  files,
  store,
  signal,
  onProgress,
}: {
  files: readonly FileRef[];
  store: ModelStore;
  signal: AbortSignal | undefined;
  onProgress: NonNullable<PrepareOptions['onProgress']>;
}): Promise<void> {
  // Several models share a tokenizer.
  const absent = new Map(files.filter((file) => store.presence(file) !== 'here').map((file) => [file.sha256, file]));
  const totalBytes = [...absent.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  const doneBytes = new Map<string, number>();
  const tell = ({ sha256, path }: FileRef, bytes: number): void => {
    doneBytes.set(sha256, bytes);
    onProgress({ doneBytes: [...doneBytes.values()].reduce((sum, each) => sum + each, 0), totalBytes, file: path });
  };
  await Promise.all(
    [...absent.values()].map((file) => {
      tell(file, 0);
      return store.locate(file, { signal, onProgress: (progress) => tell(file, progress.doneBytes) });
    }),
  );
}

const filesOf = ({ model, variant, delta }: LocalTier): FileRef[] =>
  [variant.weights, model.tokenizer, model.tokenizerConfig, delta?.head, delta?.adapter].filter(
    (file) => file !== undefined,
  );
