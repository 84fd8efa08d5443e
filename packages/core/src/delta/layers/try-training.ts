import type { MatMul, Matrix } from '../../ports/mat-mul.js';
import type { Random } from '../../ports/random.js';
import { fitHead } from '../fit/fit-head.js';
import type { FactorJob, FitterOptions } from '../fit/fitter.js';
import { pickMatrix } from '../fit/folds.js';
import type { Head } from '../fit/head.js';
import type { EncoderWeights } from './encoder-weights.js';
import { initialFactors } from './factors.js';
import { keepBack } from './keep-back.js';
import type { Layer, LayerFactors } from './layer.js';
import { pairedGain } from './paired-gain.js';
import { freeze, StateStore } from './states.js';
import { embed, logitsOf, slopesOf, type Batch } from './student.js';
import { epochsIn, type TextTimes } from './time-plan.js';
import { BATCH_TEXTS, inBatches, lessonsOf, Trainer } from './train-student.js';

interface TryOptions extends FitterOptions {
  readonly encoder: EncoderWeights;
  readonly layers: { readonly frozen: readonly Layer[]; readonly trained: readonly Layer[] };
  readonly rank: number;
  readonly tokenIds: readonly (readonly number[])[];
  readonly matMul: MatMul;
  readonly nowMs: () => number;
  readonly random: Random;
}

interface Trial {
  /** One a trained layer. */
  readonly factors: readonly LayerFactors[];
  readonly accuracy: number;
  readonly frozenAccuracy: number;
}

/** Share of the training after which the rows kept back are looked at for the first time. */
const FIRST_LOOK = 1 / 3;
/** Standard errors behind the frozen model, from which training does not come back. */
const HOPELESS = 2;

/** What factors gain on rows that neither they nor a head was fitted on; undefined where it is not worth it. */
export async function tryTraining(job: FactorJob, options: TryOptions): Promise<Trial | undefined> {
  const { encoder, layers, rank, tokenIds, matMul, nowMs, random, signal, onProgress } = options;
  const deadlineMs = nowMs() + job.budgetMs;
  const { training, judging } = keepBack(job.truth, random);
  const all = [...tokenIds.keys()];
  const states = new StateStore(tokenIds, encoder.hidden);
  const initial = layers.trained.map(() => initialFactors({ rank, hidden: encoder.hidden, random }));
  const batchOf = (rows: readonly number[]): Batch => ({
    ...states.get(rows),
    truth: rows.map((row) => job.truth[row]!),
    weights: rows.map((row) => job.weights?.[row] ?? 1),
  });

  const times = await timeTexts(job, { ...options, factors: initial });
  const epochs = epochsIn(deadlineMs - nowMs(), times, { all: all.length, training: training.length });
  if (epochs === undefined) return undefined;

  const total = 3 * all.length + judging.length + epochs * training.length;
  let done = 0;
  const tick = ({ length }: readonly number[]): void => {
    signal?.throwIfAborted();
    onProgress?.({ done: (done += length), total });
  };
  const embedRows = async (rows: readonly number[], factors: readonly LayerFactors[]): Promise<Matrix> => {
    const embeddings = new Float32Array(rows.length * encoder.hidden);
    let at = 0;
    for (const batch of inBatches(rows)) {
      const { data } = await embed({ layers: layers.trained, factors }, states.get(batch), matMul);
      embeddings.set(data, at);
      at += data.length;
      tick(batch);
    }
    return { rows: rows.length, columns: encoder.hidden, data: embeddings };
  };
  const grade = async (head: Head, embeddings: Matrix): Promise<boolean[]> => {
    const answers = largest(await logitsOf(head, embeddings, matMul));
    return judging.map((row, i) => answers[i] === job.truth[row]);
  };
  const judge = async (embeddings: Matrix): Promise<{ head: Head; right: boolean[] }> => {
    const { head } = await fitHead(
      {
        labels: job.labels,
        truth: Int32Array.from(training, (row) => job.truth[row]!),
        weights: job.weights && Float32Array.from(training, (row) => job.weights![row]!),
        seed: job.seed,
        features: pickMatrix(embeddings, training),
        crossValidate: false,
      },
      { matMul, signal },
    );
    return { head, right: await grade(head, pickMatrix(embeddings, judging)) };
  };

  for (const rows of inBatches(all)) {
    const texts = rows.map((row) => tokenIds[row]!);
    states.set(rows[0]!, (await freeze(texts, { encoder, layers: layers.frozen, matMul })).states);
    tick(rows);
  }
  const frozen = await judge(await embedRows(all, []));
  const student = { layers: layers.trained, factors: initial, head: frozen.head };
  const trainer = new Trainer(student, { matMul, random });
  const lessons = lessonsOf(training, epochs, random);
  for (const [step, { rows, pace }] of lessons.entries()) {
    if (nowMs() > deadlineMs) return undefined;
    if (step === Math.floor(lessons.length * FIRST_LOOK)) {
      const early = pairedGain(await grade(student.head, await embedRows(judging, initial)), frozen.right);
      if (early.mean < -HOPELESS * early.standardError) return undefined;
    }
    if (!Number.isFinite(await trainer.step(batchOf(rows), pace))) return undefined;
    tick(rows);
  }
  const adapted = await judge(await embedRows(all, initial));
  const gain = pairedGain(adapted.right, frozen.right);
  if (!(gain.mean > 0 && gain.mean >= gain.standardError)) return undefined;
  return { factors: initial, accuracy: shareOf(adapted.right), frozenAccuracy: shareOf(frozen.right) };
}

/** What a text takes, by a batch from all over the rows: the third time, for the first ones warm up. */
async function timeTexts(
  job: FactorJob,
  { encoder, layers, tokenIds, matMul, nowMs, factors }: TryOptions & { readonly factors: readonly LayerFactors[] },
): Promise<TextTimes> {
  const stride = Math.ceil(tokenIds.length / BATCH_TEXTS);
  const rows = [...tokenIds.keys()].filter((row) => row % stride === 0);
  const texts = rows.map((row) => tokenIds[row]!);
  const truth = rows.map((row) => job.truth[row]!);
  const weights = rows.map(() => 1);
  const measure = async (): Promise<TextTimes> => {
    const startMs = nowMs();
    const states = await freeze(texts, { encoder, layers: layers.frozen, matMul });
    const frozenMs = nowMs();
    await embed({ layers: layers.trained, factors }, states, matMul);
    const embeddedMs = nowMs();
    await slopesOf(
      { layers: layers.trained, factors, head: job.frozen },
      { ...states, truth, weights },
      { matMul, dropout: undefined, learningRates: { factors: 0, head: 0 } },
    );
    return {
      freezeMs: (frozenMs - startMs) / rows.length,
      embedMs: (embeddedMs - frozenMs) / rows.length,
      trainMs: (nowMs() - embeddedMs) / rows.length,
    };
  };
  await measure();
  await measure();
  return measure();
}

function largest({ rows, columns, data }: Matrix): Int32Array {
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++)
    for (let label = 1; label < columns; label++)
      if (data[row * columns + label]! > data[row * columns + labels[row]!]!) labels[row] = label;
  return labels;
}

const shareOf = (right: readonly boolean[]): number => right.filter(Boolean).length / right.length;
