import { createHash } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NoTierFitsError, type Example } from '@terrace/core';
import { createDocuments, MIN_SCORE, type Documents, type Embed } from '@terrace/core/documents';
import { createVectorIndex, type VectorIndex } from '@terrace/core/vectors';
import { createNodeRuntime, readExamples, systemClock } from '@terrace/node-host';
import { dataFolder } from './environment.js';
import { keepDocuments } from './kept-documents.js';
import { printFigures, seededRandom, shuffled, type Figure } from './report.js';

const CHUNKS = 10_000;
const ENCODERS = ['small', 'base'];
/** Vectors of one at a time are kept. */
const ENCODER = 'the one';
/** Texts that an engine is asked for at a time. */
const BATCH = 16;
/** Results that are looked at: nDCG@10. */
const LOOKED_AT = 10;
const TIMED = 300;
const WANTED_MS = 20;

interface LabelledTexts {
  readonly name: string;
  readonly chunks: readonly Example[];
  readonly queries: readonly Example[];
  /** Questions that none of the chunks is about. */
  readonly strangers: readonly Example[];
}

/**
 * Figure 4 of documents: how well sentences of one intent find each other by words, by meaning and by both, and how long
 * a search takes with the embedding of its question. The weight of the two was chosen on these sets: that they are not
 * worse here says that the product does what was measured, and nothing of other documents.
 */
export async function retrieval(): Promise<void> {
  const data = dataFolder();
  if (data === undefined) return console.log('skipped: retrieval (TERRACE_DATA is not set)');
  const runtime = await createNodeRuntime({ home: await mkdtemp(join(tmpdir(), 'terrace-bench-')) });
  try {
    for (const set of [await readClinc(data), await readBanking(data)]) {
      for (const encoder of ENCODERS) {
        const rung = (await runtime.workshop.rungs()).find(({ tier }) => tier.model.id === encoder);
        if (!rung) continue;
        const { session, done } = await runtime.workshop.borrow(rung);
        const columns = rung.tier.model.features;
        const embed: Embed = async (texts) => {
          const rows = await session.features(texts);
          return { encoder: ENCODER, vectors: texts.map((_, i) => unit(rows.slice(i * columns, (i + 1) * columns))) };
        };
        printFigures(`Retrieval on ${set.name}, ${encoder}`, await figuresOf(set, embed));
        done();
      }
    }
  } finally {
    await runtime.close();
  }
}

async function figuresOf({ chunks, queries, strangers }: LabelledTexts, embed: Embed): Promise<Figure[]> {
  const store = keepDocuments();
  const known = new Map<string, Float32Array>();
  const remembered: Embed = async (texts) => {
    const missing = texts.filter((text) => !known.has(text));
    const { vectors } = missing.length > 0 ? await embed(missing) : { vectors: [] };
    for (const [i, text] of missing.entries()) known.set(text, vectors[i]!);
    return { encoder: ENCODER, vectors: texts.map((text) => known.get(text)!) };
  };
  const texts = [...chunks, ...queries, ...strangers].map(({ text }) => text);
  for (let at = 0; at < texts.length; at += BATCH) await remembered(texts.slice(at, at + BATCH));

  const documentsBy = (how: Embed): Documents =>
    createDocuments({ store, embed: how, createIndex: createVectorIndex, clock: systemClock, startHash });
  const [both, words] = [documentsBy(remembered), documentsBy(() => Promise.reject(noEncoder()))];
  for (const { text } of chunks) await both.add(documentOf(text));
  const vectors = vectorsOf(chunks, known);

  const labels = new Map(chunks.map(({ text, label }) => [text, label]));
  const relevant = new Map<string, number>();
  for (const { label } of chunks) relevant.set(label, (relevant.get(label) ?? 0) + 1);
  const scores = { both: [] as number[], words: [] as number[], meaning: [] as number[] };
  for (const { text, label } of queries) {
    const gainOf = (found: readonly string[]): number =>
      ndcg(
        found.map((each) => labels.get(each) === label),
        relevant.get(label) ?? 0,
      );
    const ask = { text, collection: 'default', top: LOOKED_AT };
    scores.both.push(gainOf((await both.search(ask)).map((each) => each.text)));
    scores.words.push(gainOf((await words.search(ask)).map((each) => each.text)));
    scores.meaning.push(gainOf(vectors.search(known.get(text)!, LOOKED_AT).map(({ id }) => chunks[id]!.text)));
  }

  const aboveFloor = async (asked: readonly Example[]): Promise<number> => {
    let above = 0;
    for (const { text } of asked) {
      const [best] = await both.search({ text, collection: 'default', top: 1 });
      if (best && best.score >= MIN_SCORE) above++;
    }
    return above / asked.length;
  };
  const [kept, strange] = [await aboveFloor(queries), strangers.length > 0 ? await aboveFloor(strangers) : undefined];

  const timed = documentsBy(embed);
  const tookMs = await timesOf(timed, queries.slice(0, TIMED));
  const passages = `${chunks.length} chunks, ${queries.length} queries`;
  return [
    notWorse(`nDCG@10 of both beside BM25 alone, ${passages}`, scores.both, scores.words),
    notWorse('nDCG@10 of both beside vectors alone', scores.both, scores.meaning),
    {
      name: `questions with a passage above the floor of ${MIN_SCORE}`,
      wanted: '>= 99.5 %',
      measured: `${percent(kept)}${strange === undefined ? '' : `; of ${strangers.length} that nothing is about ${percent(strange)}`}`,
      holds: kept >= 0.995,
    },
    {
      name: 'p50 of a search with its embedding',
      wanted: `< ${WANTED_MS} ms`,
      measured: `${quantile(tookMs, 0.5).toFixed(1)} ms, p95 ${quantile(tookMs, 0.95).toFixed(1)} ms`,
      holds: quantile(tookMs, 0.5) < WANTED_MS,
    },
  ];
}

async function timesOf(documents: Documents, queries: readonly Example[]): Promise<number[]> {
  const tookMs: number[] = [];
  // The first ones read the collection and compile.
  for (const [i, { text }] of [...queries.slice(0, 20), ...queries].entries()) {
    const startedAt = performance.now();
    await documents.search({ text, collection: 'default', top: 5 });
    if (i >= 20) tookMs.push(performance.now() - startedAt);
  }
  return tookMs.toSorted((a, b) => a - b);
}

/** Paired by query, with an interval of 95 % to tell by how much: the mean alone decides, which is the stricter. */
function notWorse(name: string, ours: readonly number[], other: readonly number[]): Figure {
  const differences = ours.map((each, i) => each - other[i]!);
  const difference = mean(differences);
  const spread = Math.sqrt(mean(differences.map((each) => (each - difference) ** 2)) / differences.length);
  return {
    name,
    wanted: 'at least as good',
    measured: `${mean(ours).toFixed(4)} and ${mean(other).toFixed(4)}: ${difference.toFixed(4)} ±${(1.96 * spread).toFixed(4)}`,
    holds: difference >= 0,
  };
}

/** Binary gains, beside the best order that there is. */
function ndcg(isRelevant: readonly boolean[], relevant: number): number {
  const discount = (rank: number): number => 1 / Math.log2(rank + 2);
  const best = Array.from({ length: Math.min(LOOKED_AT, relevant) }, (_, rank) => discount(rank));
  const gain = isRelevant.reduce((sum, hit, rank) => sum + (hit ? discount(rank) : 0), 0);
  return gain / best.reduce((sum, each) => sum + each, 0);
}

function vectorsOf(chunks: readonly Example[], known: ReadonlyMap<string, Float32Array>): VectorIndex {
  const index = createVectorIndex(known.get(chunks[0]!.text)!.length);
  for (const [id, { text }] of chunks.entries()) index.add(id, known.get(text)!);
  return index;
}

async function readClinc(data: string): Promise<LabelledTexts> {
  const rowsOf = async (file: string) => (await readExamples([join(data, 'clinc150', file)])).rows;
  const train = distinct(await rowsOf('train.jsonl'));
  const order = shuffled(train.length, seededRandom(1));
  const chunks = order.slice(0, CHUNKS).map((row) => train[row]!);
  return {
    name: 'CLINC150',
    chunks,
    queries: answerable(await rowsOf('val.jsonl'), chunks),
    strangers: await rowsOf('oos-train.jsonl'),
  };
}

async function readBanking(data: string): Promise<LabelledTexts> {
  const rows = distinct((await readExamples([join(data, 'banking77', 'train.jsonl')])).rows);
  const chunks = rows.filter((_, row) => row % 10 !== 0);
  return {
    name: 'banking77',
    chunks,
    strangers: [],
    queries: answerable(
      rows.filter((_, row) => row % 10 === 0),
      chunks,
    ),
  };
}

/** The same text is one document. White space at its ends is none of a passage. */
const distinct = (rows: readonly Example[]): Example[] => [
  ...new Map(rows.map((row) => [row.text.trim(), { ...row, text: row.text.trim() }])).values(),
];

/** Queries whose label some chunk has. */
function answerable(rows: readonly Example[], chunks: readonly Example[]): Example[] {
  const labels = new Set(chunks.map(({ label }) => label));
  return rows.filter(({ label }) => labels.has(label));
}

const documentOf = (text: string) => ({
  title: undefined,
  text,
  blocks: [],
  pages: undefined,
  collection: 'default',
  source: text,
  mediaType: 'text/plain' as const,
});

function unit(vector: Float32Array): Float32Array {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  return vector.map((value) => value / length);
}

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};
const noEncoder = (): NoTierFitsError => new NoTierFitsError({ message: 'There is no encoder.', hint: 'Go by words.' });
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
const quantile = (sorted: readonly number[], q: number): number => sorted[Math.floor(q * (sorted.length - 1))]!;
