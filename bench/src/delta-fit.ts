import { readFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Example } from '@terrace/core';
import type { FittedHead, Head, Matrix } from '@terrace/core/deltas';
import { createNodeRuntime, NodeFitter, readExamples } from '@terrace/node-host';
import { dataFolder } from './environment.js';
import { printFigures, type Figure } from './report.js';

const BASE = 'base';
/** Texts that an engine is asked for at a time: requests get in between. */
const CHUNK = 16;
/** Intents that are held back, and added one by one from so few rows. */
const HELD_BACK = { every: 15, from: 11 } as const;
const FEW = 10;

type Embed = (texts: readonly string[]) => Promise<Matrix>;

/** Labelled rows with what the model makes of them. */
interface Rows {
  readonly features: Matrix;
  /** [rows] */
  readonly truth: Int32Array<ArrayBuffer>;
}

interface LabelledSet {
  readonly name: string;
  readonly labels: readonly string[];
  readonly names: Matrix;
  readonly train: Rows;
  readonly test: Rows;
  /** Of the training rows. */
  readonly embedMs: number;
}

/** Accuracy of scikit-learn's LogisticRegression over the same model, by examples a class; null for all. */
interface Reference {
  readonly results: readonly {
    readonly data: string;
    readonly examplesPerClass: number | null;
    readonly accuracy: number;
  }[];
}

/** Figures 1 and 2 of deltas: how long heads take to fit on `base`, and how well they do with many and few examples. */
export async function deltaFit(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: delta-fit (TERRACE_DATA is not set)');
  const runtime = await createNodeRuntime({ home: await mkdtemp(join(tmpdir(), 'terrace-bench-')) });
  const fitter = new NodeFitter();
  try {
    const rung = (await runtime.workshop.rungs()).find(({ tier }) => tier.model.id === BASE)!;
    const { session, done } = await runtime.workshop.borrow(rung);
    const embed: Embed = async (texts) => {
      const columns = rung.tier.model.features;
      const all = new Float32Array(texts.length * columns);
      for (let from = 0; from < texts.length; from += CHUNK)
        all.set(await session.features(texts.slice(from, from + CHUNK)), from * columns);
      return { rows: texts.length, columns, data: all };
    };
    const sets = [await readClinc(data, embed), await readBanking(data, embed)];
    done();
    const reference = JSON.parse(await readFile(join(data, 'reference', 'fewshot.json'), 'utf8')) as Reference;
    for (const set of sets)
      printFigures(`Fits on ${set.name}, ${BASE}, one core`, await figuresOf(set, fitter, reference));
    printFigures('One label more from a few examples, CLINC150', [await extensionFigure(sets[0]!, fitter)]);
  } finally {
    await fitter.close();
    await runtime.close();
  }
}

async function readClinc(data: string, embed: Embed): Promise<LabelledSet> {
  const rowsOf = async (file: string) => (await readExamples([join(data, 'clinc150', file)])).rows;
  return embedded('clinc150', { train: await rowsOf('train.jsonl'), test: await rowsOf('val.jsonl') }, embed);
}

async function readBanking(data: string, embed: Embed): Promise<LabelledSet> {
  const { rows } = await readExamples([join(data, 'banking77', 'train.jsonl')]);
  const test = rows.filter((_, row) => row % 10 === 0);
  return embedded('banking77', { train: rows.filter((_, row) => row % 10 !== 0), test }, embed);
}

async function embedded(
  name: string,
  { train, test }: { readonly train: readonly Example[]; readonly test: readonly Example[] },
  embed: Embed,
): Promise<LabelledSet> {
  const labels = [...new Set(train.map(({ label }) => label))];
  const rowsOf = async (examples: readonly Example[]): Promise<Rows> => ({
    features: await embed(examples.map(({ text }) => text)),
    truth: Int32Array.from(examples, ({ label }) => labels.indexOf(label)),
  });
  const fromMs = performance.now();
  const trained = await rowsOf(train);
  const embedMs = performance.now() - fromMs;
  const names = await embed(labels.map((label) => label.replaceAll(/[_-]/g, ' ')));
  return { name, labels, names, train: trained, test: await rowsOf(test), embedMs };
}

async function figuresOf(set: LabelledSet, fitter: NodeFitter, reference: Reference): Promise<Figure[]> {
  const wantedOf = (each: number | null): number =>
    reference.results.find(({ data, examplesPerClass }) => data === set.name && examplesPerClass === each)!.accuracy;
  const full = await timed(() => fit(set, set.train, fitter));
  const limitMs = set.name === 'clinc150' ? 10_000 : 8000;
  const ratio = (set.embedMs + full.wallMs) / set.embedMs;
  const few: Figure[] = [];
  for (const each of [5, 10]) {
    const rows = firstOfEach(set.train, each);
    const plain = await fit({ ...set, names: undefined }, rows, fitter);
    const named = await timed(() => fit(set, rows, fitter));
    few.push(
      accuracyFigure(`${each} a class`, wantedOf(each), set, named.result, [
        `without names ${accuracy(plain.head, set.test).toFixed(4)}`,
        inSeconds(named),
      ]),
    );
  }
  return [
    {
      name: `${set.train.truth.length} rows of ${set.labels.length} labels, embedded before`,
      wanted: `under ${limitMs / 1000} s of one core`,
      measured: `${inSeconds(full)}; ${settingsOf(full.result)}`,
      holds: full.cpuMs < limitMs,
    },
    {
      name: 'embedding and fit over embedding',
      wanted: 'at most 1.5',
      measured: `${ratio.toFixed(2)} (embedding ${(set.embedMs / 1000).toFixed(1)} s)`,
      holds: ratio <= 1.5,
    },
    accuracyFigure('all rows', wantedOf(null), set, full.result, []),
    ...few,
  ];
}

function accuracyFigure(
  name: string,
  wanted: number,
  { test }: LabelledSet,
  fitted: FittedHead,
  more: readonly string[],
): Figure {
  const measured = accuracy(fitted.head, test);
  return {
    name: `accuracy, ${name}`,
    wanted: `at least scikit-learn's ${wanted.toFixed(4)}`,
    measured: [measured.toFixed(4), settingsOf(fitted), ...more].join('; '),
    holds: measured >= wanted,
  };
}

const settingsOf = ({ method, penalty, priorStrength }: FittedHead): string =>
  `${method}, C ${(1 / penalty).toFixed(0)}, names ${priorStrength}`;

const fit = (
  { labels, names }: { readonly labels: readonly string[]; readonly names?: Matrix | undefined },
  { features, truth }: Rows,
  fitter: NodeFitter,
  current?: Head,
): Promise<FittedHead> =>
  fitter.fitHead({ labels, truth, features, labelFeatures: names, current, seed: 1, crossValidate: false });

interface Timed<T> {
  readonly result: T;
  readonly wallMs: number;
  /** Of the whole process, which waits for it meanwhile: other processes do not count. */
  readonly cpuMs: number;
}

async function timed<T>(call: () => Promise<T>): Promise<Timed<T>> {
  const [fromMs, fromCpu] = [performance.now(), process.cpuUsage()];
  const result = await call();
  const { user, system } = process.cpuUsage(fromCpu);
  return { result, wallMs: performance.now() - fromMs, cpuMs: (user + system) / 1000 };
}

const inSeconds = ({ wallMs, cpuMs }: Timed<unknown>): string =>
  `${(cpuMs / 1000).toFixed(2)} s of a core, ${(wallMs / 1000).toFixed(2)} s passed`;

/** New labels are added one at a time to a head that has never seen a row of them. */
async function extensionFigure(set: LabelledSet, fitter: NodeFitter): Promise<Figure> {
  const isOld = (label: number): boolean => label % HELD_BACK.every !== HELD_BACK.from;
  const old = [...set.labels.keys()].filter(isOld);
  const known = await fit(...narrowed(set, old), fitter);
  const oldTest = narrowed({ ...set, train: set.test }, old)[1];
  const before = accuracy(known.head, oldTest);
  const added = [...set.labels.keys()].filter((label) => !isOld(label));
  let [recall, lost] = [0, 0];
  for (const label of added) {
    const listed = [...old, label];
    const [extended, ofAll] = narrowed(set, listed);
    const rows = firstOfEach(only(ofAll, old.length), FEW);
    const { head } = await fit(extended, rows, fitter, known.head);
    const test = narrowed({ ...set, train: set.test }, listed)[1];
    recall += accuracy(head, only(test, old.length)) / added.length;
    lost += (before - accuracy(head, oldTest)) / added.length;
  }
  return {
    name: `mean of ${added.length} labels, ${FEW} rows each, beside ${old.length}`,
    wanted: 'recall at least .80, others lose at most .3 points',
    measured: `recall ${recall.toFixed(3)}, others lose ${(100 * lost).toFixed(2)} points of ${before.toFixed(4)}`,
    holds: recall >= 0.8 && lost <= 0.003,
  };
}

/** A set of some of its labels only. */
function narrowed(
  { labels, names, train }: Pick<LabelledSet, 'labels' | 'names' | 'train'>,
  kept: readonly number[],
): [{ readonly labels: readonly string[]; readonly names: Matrix }, Rows] {
  const places = new Map(kept.map((label, place) => [label, place]));
  const rows = [...train.truth.keys()].filter((row) => places.has(train.truth[row]!));
  const truth = Int32Array.from(rows, (row) => places.get(train.truth[row]!)!);
  return [
    { labels: kept.map((label) => labels[label]!), names: pick(names, kept) },
    { features: pick(train.features, rows), truth },
  ];
}

const only = (rows: Rows, label: number): Rows => some(rows, (each) => each === label);

function firstOfEach(rows: Rows, most: number): Rows {
  const seen = new Map<number, number>();
  return some(rows, (label) => {
    const count = (seen.get(label) ?? 0) + 1;
    seen.set(label, count);
    return count <= most;
  });
}

function some({ features, truth }: Rows, keep: (label: number) => boolean): Rows {
  const rows = [...truth.keys()].filter((row) => keep(truth[row]!));
  return { features: pick(features, rows), truth: Int32Array.from(rows, (row) => truth[row]!) };
}

function pick({ columns, data }: Matrix, rows: readonly number[]): Matrix {
  const picked = new Float32Array(rows.length * columns);
  for (const [i, row] of rows.entries()) picked.set(data.subarray(row * columns, (row + 1) * columns), i * columns);
  return { rows: rows.length, columns, data: picked };
}

function accuracy({ labels, weight, bias }: Head, { features, truth }: Rows): number {
  const { columns, data } = features;
  let right = 0;
  for (const [row, wanted] of truth.entries()) {
    let [best, highest] = [-1, -Infinity];
    for (let label = 0; label < labels.length; label++) {
      let logit = bias[label]!;
      for (let j = 0; j < columns; j++) logit += weight[label * columns + j]! * data[row * columns + j]!;
      if (logit > highest) [best, highest] = [label, logit];
    }
    right += Number(best === wanted);
  }
  return right / truth.length;
}
