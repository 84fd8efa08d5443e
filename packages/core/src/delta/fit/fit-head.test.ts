import { describe, expect, it } from 'vitest';
import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { seededRandom } from '../../evaluate/seeded-random.js';
import type { MatMul, Matrix } from '../../ports/mat-mul.js';
import { createPlainMatMul } from '../../testing/plain-mat-mul.js';
import { fitHead } from './fit-head.js';
import type { FitterProgress, HeadJob } from './fitter.js';
import type { Head } from './head.js';

const FEATURES = 12;
const matMul = createPlainMatMul();

interface Clusters {
  readonly labels: readonly string[];
  readonly truth: Int32Array<ArrayBuffer>;
  readonly features: Matrix;
  readonly labelFeatures: Matrix;
}

/** Rows around one unit direction a label, which is the feature of its name. */
function clusters(labels: number, each: number, { spread = 0.5, seed = 1 } = {}): Clusters {
  const random = seededRandom(7);
  const centres = Array.from({ length: labels }, () => unit(Array.from({ length: FEATURES }, () => random() - 0.5)));
  const draw = seededRandom(seed);
  const truth = Int32Array.from({ length: labels * each }, (_, row) => row % labels);
  const rows = Array.from(truth, (label) => unit(centres[label]!.map((value) => value + spread * (draw() - 0.5))));
  return {
    labels: centres.map((_, label) => `label ${label}`),
    truth,
    features: matrixOf(rows),
    labelFeatures: matrixOf(centres),
  };
}

function unit(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

const matrixOf = (rows: readonly (readonly number[])[]): Matrix => ({
  rows: rows.length,
  columns: FEATURES,
  data: Float32Array.from(rows.flat()),
});

function withRows({ labels, truth, features, labelFeatures }: Clusters, rows: readonly number[]): Clusters {
  const { columns, data } = features;
  const picked = rows.flatMap((row) => [...data.subarray(row * columns, (row + 1) * columns)]);
  return {
    labels,
    truth: Int32Array.from(rows, (row) => truth[row]!),
    features: { rows: rows.length, columns, data: Float32Array.from(picked) },
    labelFeatures,
  };
}

const rowsOf = ({ truth }: Clusters, wanted: (label: number) => boolean): number[] =>
  [...truth.keys()].filter((row) => wanted(truth[row]!));

function answers({ weight, bias, labels }: Head, { rows, columns, data }: Matrix): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const logits = labels.map((_label, label) => {
      let sum = bias[label]!;
      for (let j = 0; j < columns; j++) sum += weight[label * columns + j]! * data[row * columns + j]!;
      return sum;
    });
    return logits.indexOf(Math.max(...logits));
  });
}

const share = (said: readonly number[], truth: Int32Array): number =>
  said.filter((label, row) => label === truth[row]).length / truth.length;

const accuracy = (head: Head, { features, truth }: Clusters): number => share(answers(head, features), truth);

const jobOf = ({ labels, truth, features }: Clusters, more: Partial<HeadJob> = {}): HeadJob => ({
  labels,
  truth,
  features,
  seed: 1,
  crossValidate: false,
  ...more,
});

const fit = (data: Clusters, more?: Partial<HeadJob>) => fitHead(jobOf(data, more), { matMul });
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

describe('a head', () => {
  const unseen = clusters(4, 20, { seed: 2 });

  it('tells clusters apart that it has not seen rows of', async () => {
    const { head, method, priorStrength } = await fit(clusters(4, 20));
    expect([method, priorStrength]).toEqual(['logistic', 0]);
    expect(accuracy(head, unseen)).toBeGreaterThan(0.95);
  });

  it('is the same for the same job', async () => {
    const data = clusters(3, 10);
    expect(await fit(data)).toEqual(await fit(data));
  });

  it('answers alike for features of another origin and size', async () => {
    const data = clusters(4, 10, { spread: 1 });
    const far = (matrix: Matrix): Matrix => ({ ...matrix, data: matrix.data.map((value) => 9 * value + 4) });
    const [near, moved] = [await fit(data), await fit({ ...data, features: far(data.features) })];
    const said = answers(moved.head, far(unseen.features));
    expect(share(said, Int32Array.from(answers(near.head, unseen.features)))).toBeGreaterThan(0.97);
  });

  it('makes more of a few rows with what the names of labels say', async () => {
    const [few, many] = [clusters(12, 2, { spread: 1.2 }), clusters(12, 20, { spread: 1.2, seed: 2 })];
    const [without, named] = [await fit(few), await fit(few, { labelFeatures: few.labelFeatures })];
    expect(named.priorStrength).toBeGreaterThan(0);
    expect(accuracy(named.head, many)).toBeGreaterThan(accuracy(without.head, many) + 0.05);
  });

  it('believes rows of a higher weight', async () => {
    const features = matrixOf(
      Array.from({ length: 20 }, () => unit(Array.from({ length: FEATURES }, (_, i) => i + 1))),
    );
    const truth = Int32Array.from({ length: 20 }, (_, row) => row % 2);
    const weights = Float32Array.from(truth, (label) => (label === 1 ? 1 : 0.2));
    const labels = ['doubtful', 'sure'];
    const { head } = await fitHead({ labels, truth, features, weights, seed: 1, crossValidate: false }, { matMul });
    expect(answers(head, features)).toEqual(Array.from(truth, () => 1));
  });

  it('predicts each row by fits without it: what is random stays so', async () => {
    const data = clusters(4, 15);
    const { outOfFold } = await fit(data, { crossValidate: true });
    expect([outOfFold!.rows, outOfFold!.columns]).toEqual([60, 4]);
    expect(share(bestOf(outOfFold!), data.truth)).toBeGreaterThan(0.95);
    const random = seededRandom(3);
    const drawn = Int32Array.from(data.truth, () => Math.floor(4 * random()));
    const noise = await fit({ ...data, truth: drawn }, { crossValidate: true });
    expect(share(bestOf(noise.outOfFold!), drawn)).toBeLessThan(0.45);
  });

  it('can be fitted to labels of one row each', async () => {
    const data = clusters(5, 1);
    const { head, outOfFold } = await fit(data, { crossValidate: true, labelFeatures: data.labelFeatures });
    expect(accuracy(head, data)).toBe(1);
    expect(outOfFold!.data.every(Number.isFinite)).toBe(true);
  });

  it('tells how far it is, and stops with the reason of the signal', async () => {
    const told: FitterProgress[] = [];
    const job = jobOf(clusters(4, 20), { crossValidate: true });
    await fitHead(job, { matMul, onProgress: (progress) => told.push(progress) });
    expect(told.length).toBeGreaterThan(10);
    expect(told.map(({ done }) => done)).toEqual(told.map(({ done }) => done).toSorted((a, b) => a - b));
    expect(told.at(-1)!.done).toBeLessThanOrEqual(told.at(-1)!.total);
    const control = new AbortController();
    const reason = new Error('enough');
    let held = 0;
    const counting: MatMul = {
      ...matMul,
      hold(matrix) {
        const { letGo, ...kept } = matMul.hold(matrix);
        held++;
        return { ...kept, letGo: () => (held--, letGo()) };
      },
    };
    const options = { matMul: counting, signal: control.signal, onProgress: () => control.abort(reason) };
    expect(await reasonOf(fitHead(job, options))).toBe(reason);
    expect(held).toBe(0);
  });
});

const bestOf = ({ rows, columns, data }: Matrix): number[] =>
  Array.from({ length: rows }, (_, row) => {
    const logits = [...data.subarray(row * columns, (row + 1) * columns)];
    return logits.indexOf(Math.max(...logits));
  });

describe('an extended head', () => {
  const all = clusters(8, 30);
  const unseen = clusters(8, 30, { seed: 2 });
  const oldRows = rowsOf(all, (label) => label < 7);
  const newRows = rowsOf(all, (label) => label === 7).slice(0, 10);
  const { labelFeatures } = all;

  const current = async (): Promise<Head> => {
    const { head } = await fit({ ...withRows(all, oldRows), labels: all.labels.slice(0, 7) });
    return head;
  };

  it('learns a label from ten rows, and keeps what it knew bit by bit', async () => {
    const known = await current();
    const { head, method } = await fit(withRows(all, newRows), { current: known, labelFeatures });
    expect(method).toBe('incremental');
    expect(head.labels).toEqual(all.labels);
    expect(head.weight.subarray(0, known.weight.length)).toEqual(known.weight);
    expect(head.bias.subarray(0, 7)).toEqual(known.bias);
    const [ofNew, ofOld] = [
      withRows(
        unseen,
        rowsOf(unseen, (label) => label === 7),
      ),
      withRows(
        unseen,
        rowsOf(unseen, (label) => label < 7),
      ),
    ];
    expect(accuracy(head, ofNew)).toBeGreaterThanOrEqual(0.8);
    expect(accuracy(head, ofOld)).toBeGreaterThan(accuracy(known, ofOld) - 0.01);
  });

  it('keeps columns of labels without rows where others have some', async () => {
    const known = await current();
    const some = [...newRows, ...rowsOf(all, (label) => label === 2).slice(0, 5)];
    const { head, outOfFold } = await fit(withRows(all, some), { current: known, labelFeatures, crossValidate: true });
    const columnOf = ({ weight }: Head, label: number) => weight.subarray(label * FEATURES, (label + 1) * FEATURES);
    for (const label of [0, 1, 3, 4, 5, 6]) expect(columnOf(head, label)).toEqual(columnOf(known, label));
    expect(columnOf(head, 2)).not.toEqual(columnOf(known, 2));
    expect([outOfFold!.rows, outOfFold!.columns]).toEqual([15, 8]);
    expect(accuracy(head, unseen)).toBeGreaterThan(0.9);
  });

  it('is fitted anew where every label has rows: what saw them already would make them look easy', async () => {
    const { method } = await fit(all, { current: await current(), labelFeatures });
    expect(method).toBe('logistic');
  });
});

describe('what cannot be fitted', () => {
  const data = clusters(3, 4);
  const withData = (change: (values: Float32Array<ArrayBuffer>) => void): Matrix => {
    const copy = { ...data.features, data: data.features.data.slice() };
    change(copy.data);
    return copy;
  };
  const many = Array.from({ length: 2049 }, (_, label) => `${label}`);

  it.each<[string, Partial<HeadJob>]>([
    ['one label', { labels: ['only'], truth: new Int32Array(12) }],
    ['2,049 labels', { labels: many }],
    ['three rows', { truth: Int32Array.of(0, 1, 2), features: { ...data.features, rows: 3 } }],
    ['a label without rows', { labels: [...data.labels, 'none'] }],
    ['a label that is not listed', { truth: Int32Array.from(data.truth, (label) => label + 1) }],
    ['a negative label', { truth: Int32Array.from(data.truth, (label) => label - 1) }],
    ['not a number', { features: withData((values) => (values[5] = NaN)) }],
    ['infinity', { features: withData((values) => (values[5] = Infinity)) }],
    ['weights of zero', { weights: new Float32Array(12) }],
    ['weights of other rows', { weights: new Float32Array(3).fill(1) }],
    ['names of other labels', { labelFeatures: data.features }],
    [
      'a label of the current head that is not listed',
      { current: { labels: ['other'], weight: new Float32Array(FEATURES), bias: new Float32Array(1) } },
    ],
  ])('is refused: %s', async (_, wrong) => {
    const error = await reasonOf(fit(data, wrong));
    expect(InvalidDataError.isInstance(error)).toBe(true);
  });
});
