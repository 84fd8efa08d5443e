import { InvalidDataError } from '../../errors/invalid-data-error.js';
import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import type { ComparedRow, ResponseCacheStore } from '../../ports/response-cache.js';
import type { CreateVectorIndex, VectorIndex } from '../../ports/vector-index.js';
import { dotProduct } from '../../vectors/dot-product.js';
import { guardFeatures, MAX_QUESTION_CHARACTERS } from '../guard/guard-features.js';
import type { EmbedTexts } from './embed-question.js';
import { answersOf, groupOf } from './group.js';
import { readStanding } from './group-standing.js';
import { certifyHits } from './hit-certificate.js';
import { NEIGHBOURS, scoreOf, type Neighbouring } from './score.js';
import type { CalibrationRow, SemanticStanding } from './semantic-cache.js';
import { keepNote, MAX_CERTIFIED_ROWS, NEW_NOTE } from './standing-note.js';

/** One look at rows that were brought for it. */
const DELTA = 0.05;
/** Texts that are embedded at once; an even number, as both texts of a pair are in one. */
const CHUNK = 64;

export interface CalibrateHitsPorts {
  readonly store: ResponseCacheStore;
  readonly embed: EmbedTexts;
  readonly createIndex: CreateVectorIndex;
  readonly clock: Clock;
  readonly random: Random;
  readonly maxWrongHitRate: number;
  readonly task: string;
  readonly domain: string | undefined;
}

/**
 * Certifies hits from rows that somebody labelled, in place of questions that came by. Of texts with labels a random half
 * is as if it were kept, and the other half is asked. Pairs are of text-generation only: a pair has no neighbours, and
 * the score of labels needs them. A text counts once, in however many rows it is: of pairs that share one, a random one counts.
 *
 * What was certified or withdrawn before is replaced. Nothing of the texts is kept.
 *
 * @throws InvalidDataError where there are no rows, rows of both forms, or pairs for labels; StorageError; what embedding
 * throws
 */
export async function calibratePairs(
  rows: readonly CalibrationRow[],
  ports: CalibrateHitsPorts,
): Promise<SemanticStanding> {
  const { store, clock, maxWrongHitRate, task, domain } = ports;
  const { encoder, entries, ...read } = await scoreRows(rows, ports);
  const scored = read.scored.filter(({ score }) => Number.isFinite(score)).slice(0, MAX_CERTIFIED_ROWS);
  const group = groupOf({ task, domain, encoder });
  const certificate = certifyHits(scored, { maxWrongHitRate, delta: DELTA });
  // What was compared until now is none of it.
  const atWallMs = clock.wallMs() + 1;
  const compared = scored.map((row): ComparedRow => ({ ...row, group, probability: 1, kind: 'pair', atWallMs }));
  await store.compare(compared);
  await keepNote(store, group, {
    ...NEW_NOTE,
    sinceWallMs: atWallMs,
    ...(certificate && {
      certified: {
        rows: scored.length,
        delta: DELTA,
        maxWrongHitRate,
        atWallMs,
        ...(entries !== undefined && { entries }),
      },
    }),
  });
  // As it is noted, which is how whoever answers reads it.
  return (await readStanding(group, { store, clock }))!;
}

interface ScoredRows {
  readonly encoder: string;
  readonly scored: readonly { readonly score: number; readonly right: boolean }[];
  /** That questions were asked of; unknown of pairs. */
  readonly entries: number | undefined;
}

function scoreRows(given: readonly CalibrationRow[], ports: CalibrateHitsPorts): Promise<ScoredRows> {
  const rows = given.filter(isLookedUp);
  const pairs = apart(
    rows.flatMap((row) => ('same' in row ? [row] : [])),
    ports.random,
  );
  const labelled = distinct(
    rows.flatMap((row) => ('label' in row ? [row] : [])),
    ({ text }) => text,
  );
  if (pairs.length > 0 && labelled.length > 0) {
    throw refused('Pairs and labelled texts are in one set.', 'Calibrate with one of them.');
  }
  if (labelled.length > 1) return scoreLabelled(labelled, ports);
  if (pairs.length === 0) throw refused('There are too few rows to calibrate with.', 'Bring some hundred rows.');
  if (answersOf(ports.task) === 'labels') {
    throw refused(
      `Pairs cannot certify hits of ${ports.task}.`,
      'Bring rows of "text" and "label": how alike labels are is told by many neighbours.',
    );
  }
  return scorePairs(pairs, ports);
}

/** The same text again is no question of being alike, and is answered without a certificate: it may not earn one. */
function isLookedUp(row: CalibrationRow): boolean {
  const texts = 'same' in row ? [row.a, row.b] : [row.text];
  return texts.every(({ length }) => length <= MAX_QUESTION_CHARACTERS) && !('same' in row && row.a === row.b);
}

/** The first of each: a row that is there twice shows what it shows once. */
function distinct<T>(rows: readonly T[], nameOf: (row: T) => string): readonly T[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const name = nameOf(row);
    return !seen.has(name) && seen.add(name);
  });
}

/**
 * Pairs that share no text: what certifies has to be drawn one by one, and those of one text are right or wrong together.
 * Those that count are drawn, as files often have what is the same before what is not; of a pair that is there again, the
 * first says what is right.
 */
function apart<T extends { readonly a: string; readonly b: string }>(
  pairs: readonly T[],
  random: Random,
): readonly T[] {
  const seen = new Set<string>();
  const once = distinct(pairs, ({ a, b }) => JSON.stringify([a, b].toSorted()));
  return shuffled(once, random).filter(({ a, b }) => !seen.has(a) && !seen.has(b) && seen.add(a).add(b));
}

async function scorePairs(
  given: readonly { readonly a: string; readonly b: string; readonly same: boolean }[],
  { embed }: CalibrateHitsPorts,
): Promise<ScoredRows> {
  const pairs = given.slice(0, MAX_CERTIFIED_ROWS);
  const scored: { score: number; right: boolean }[] = [];
  let encoder = '';
  const texts = pairs.flatMap(({ a, b }) => [a, b]);
  for await (const { vectors, ...chunk } of embedded(texts, embed)) {
    ({ encoder } = chunk);
    for (let i = 0; i < vectors.length; i += 2) {
      const { a, b, same } = pairs[scored.length]!;
      const nearest = [
        { cosine: dotProduct(vectors[i]!, 0, vectors[i + 1]!), features: guardFeatures(a), answerId: '' },
      ];
      scored.push({ score: scoreOf({ features: guardFeatures(b), nearest, answers: 'texts' }), right: same });
    }
  }
  return { encoder, scored, entries: undefined };
}

async function scoreLabelled(
  labelled: readonly { readonly text: string; readonly label: string }[],
  { embed, createIndex, random, task }: CalibrateHitsPorts,
): Promise<ScoredRows> {
  const kept = Math.ceil(labelled.length / 2);
  const order = shuffled(labelled, random).slice(0, kept + MAX_CERTIFIED_ROWS);
  const scored: { score: number; right: boolean }[] = [];
  const features: (readonly string[])[] = [];
  let encoder = '';
  let index: VectorIndex | undefined;
  const texts = order.map(({ text }) => text);
  for await (const { vectors, ...chunk } of embedded(texts, embed)) {
    ({ encoder } = chunk);
    for (const vector of vectors) {
      const at = features.length;
      index ??= createIndex(vector.length);
      features.push(guardFeatures(texts[at]!));
      if (at < kept) {
        index.add(at, vector);
        continue;
      }
      const nearest = index
        .search(vector, NEIGHBOURS)
        .map(({ id, cosine }): Neighbouring => ({ cosine, features: features[id]!, answerId: order[id]!.label }));
      const score = scoreOf({ features: features[at]!, nearest, answers: answersOf(task) });
      scored.push({ score, right: nearest[0]?.answerId === order[at]!.label });
    }
  }
  return { encoder, scored, entries: kept };
}

/** In chunks: what is done with one lets others have their turn, and nothing goes on that was aborted. */
async function* embedded(texts: readonly string[], embed: EmbedTexts) {
  let encoder: string | undefined;
  for (let at = 0; at < texts.length; at += CHUNK) {
    const chunk = await embed(texts.slice(at, at + CHUNK), { priority: 'low' });
    if (encoder !== undefined && chunk.encoder !== encoder) throw replaced();
    encoder = chunk.encoder;
    yield { encoder, vectors: chunk.vectors };
  }
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

const refused = (message: string, hint: string): InvalidDataError => new InvalidDataError({ message, hint, facts: {} });

const replaced = (): InvalidDataError =>
  refused('The encoder was replaced while the rows were read.', 'Calibrate again.');
