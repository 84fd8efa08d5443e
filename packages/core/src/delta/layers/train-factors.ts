import { seededRandom } from '../../evaluate/seeded-random.js';
import type { MatMul } from '../../ports/mat-mul.js';
import type { FactorJob, FittedFactors, FitterOptions } from '../fit/fitter.js';
import { toPeft } from './factors.js';
import { holdLayer } from './layer.js';
import { readEncoder } from './read-encoder.js';
import { StateStore } from './states.js';
import { tryTraining } from './try-training.js';

interface TrainFactorsOptions extends FitterOptions {
  /** The bytes of the job's variant. */
  readonly weights: Uint8Array;
  /** [rows] with specials; a few dozen tokens of a long text are enough. */
  readonly tokenIds: readonly (readonly number[])[];
  readonly matMul: MatMul;
  readonly nowMs: () => number;
}

/** Beside the model and the products, in a worker of a small device. */
const MOST_STATE_BYTES = 64 * 1024 ** 2;

/** With a third one, two rounds of 3,000 examples do not fit into two minutes. */
const TRAINED_LAYERS = 2;
/** From here on there are examples enough for more parameters. */
const MANY_ROWS = 3000;

/**
 * Low-rank factors on the last layers of an encoder, trained in float together with a head, on four fifths of the rows;
 * the others decide whether they pay, against a head of its own over the frozen model. One split and not five folds,
 * which would take five times as long. The factors that come back are the ones that were measured, not others trained
 * again on all rows: the time is better spent on epochs, and a head is fitted over them on all rows anyway.
 * @returns undefined where they do not pay: too little time or memory, no gain, or a model that cannot be trained here
 * @throws EngineError, ArtifactCorruptError, the signal's reason
 */
export async function trainFactors(
  job: FactorJob,
  { weights, tokenIds, ...options }: TrainFactorsOptions,
): Promise<FittedFactors | undefined> {
  const encoder = readEncoder(weights);
  const tokens = tokenIds.reduce((sum, { length }) => sum + length, 0);
  if (new Set(job.truth).size < job.labels.length) return undefined;
  if (!encoder || StateStore.bytesFor(tokens, encoder.hidden) > MOST_STATE_BYTES) return undefined;
  const rank = tokenIds.length < MANY_ROWS ? 4 : 8;
  const first = Math.max(0, encoder.layerCount - TRAINED_LAYERS);
  const layers = Array.from({ length: encoder.layerCount }, (_, index) =>
    holdLayer(encoder.layer(index), encoder.heads, options.matMul),
  );
  try {
    const trial = await tryTraining(job, {
      ...options,
      encoder,
      layers: { frozen: layers.slice(0, first), trained: layers.slice(first) },
      rank,
      tokenIds,
      random: seededRandom(job.seed),
    });
    if (!trial) return undefined;
    const { factors, accuracy, frozenAccuracy } = trial;
    const tensors = factors.flatMap((each, i) => toPeft(first + i, each));
    return { rank, factors: new Map(tensors), accuracy, frozenAccuracy };
  } finally {
    for (const layer of layers) layer.letGo();
  }
}
