import type { CacheChange, KeptAnswer } from '../../ports/response-cache.js';
import type { CreateVectorIndex, VectorIndex } from '../../ports/vector-index.js';
import { HASHED_FEATURE } from '../guard/hash-features.js';
import { groupOf } from './group.js';
import type { Neighbouring } from './score.js';
import type { Question } from './semantic-cache.js';

/** Vectors in memory, of all scopes together. */
export const MAX_VECTORS = 100_000;
const MAX_FEATURES = 1_500;
const FEATURE_CHARACTERS = 9;
const LENGTH_TOLERANCE = 0.01;

type KeptQuestion = NonNullable<KeptAnswer['question']>;

export interface Found extends Neighbouring {
  readonly key: string;
}

interface Entry {
  readonly key: string;
  readonly answerId: string;
  /** Hashed features, one behind the other: an array of short strings would take five times as much. */
  readonly packed: string;
}

interface ScopeIndex {
  readonly name: string;
  readonly group: string;
  readonly vectors: VectorIndex;
  readonly entries: Map<number, Entry>;
  nextId: number;
}

/** Questions of answers that are kept, in one index for each scope and encoder. */
export class QuestionIndexes {
  readonly #createIndex: CreateVectorIndex;
  readonly #maxVectors: number;
  /** Least recently used first. */
  readonly #scopes = new Map<string, ScopeIndex>();
  readonly #places = new Map<string, { readonly index: ScopeIndex; readonly id: number }>();
  readonly #dropped = new Set<string>();

  constructor(createIndex: CreateVectorIndex, maxVectors = MAX_VECTORS) {
    this.#createIndex = createIndex;
    this.#maxVectors = maxVectors;
  }

  apply(change: CacheChange): void {
    if (change.kind === 'gone') this.remove(change.key);
    else this.keep(change.key, change.scope, change.question);
  }

  /** What is not a question that this version could have kept is left out. */
  keep(key: string, scope: string, question: KeptQuestion): void {
    this.remove(key);
    const name = nameOf(scope, question.encoder);
    if (this.#dropped.has(name) || !isSound(question)) return;
    const index = this.#scopes.get(name) ?? this.#open(name, question);
    if (index.vectors.dimensions !== question.vector.length) return;
    const id = index.nextId++;
    index.vectors.add(id, question.vector);
    index.entries.set(id, { key, answerId: question.answerId, packed: question.features.join('') });
    this.#places.set(key, { index, id });
    this.#bound(index);
  }

  remove(key: string): void {
    const place = this.#places.get(key);
    if (!place) return;
    const { index, id } = place;
    this.#places.delete(key);
    index.vectors.remove(id);
    index.entries.delete(id);
    if (index.entries.size === 0) this.#scopes.delete(index.name);
  }

  answerIdOf(key: string): string | undefined {
    const place = this.#places.get(key);
    return place?.index.entries.get(place.id)?.answerId;
  }

  /** Whether its questions had to make room for others. */
  isDropped(scope: string, encoder: string): boolean {
    return this.#dropped.has(nameOf(scope, encoder));
  }

  /** Its questions are to be kept again. */
  readmit(scope: string, encoder: string): void {
    this.#dropped.delete(nameOf(scope, encoder));
  }

  /** Best first, without the question's own key. */
  nearest({
    scope,
    key,
    question,
    count,
  }: {
    scope: string;
    key: string;
    question: Question;
    count: number;
  }): readonly Found[] {
    const name = nameOf(scope, question.encoder);
    const index = this.#scopes.get(name);
    if (!index || index.vectors.dimensions !== question.vector.length) return [];
    this.#scopes.delete(name);
    this.#scopes.set(name, index);
    return index.vectors
      .search(question.vector, count + 1)
      .flatMap(({ id, cosine }) => {
        const entry = index.entries.get(id);
        if (!entry || entry.key === key) return [];
        return [
          { key: entry.key, answerId: entry.answerId, cosine: Math.min(1, cosine), features: unpack(entry.packed) },
        ];
      })
      .slice(0, count);
  }

  /** Entries that a question is looked up among. */
  entriesOf(scope: string, encoder: string): number {
    return this.#scopes.get(nameOf(scope, encoder))?.entries.size ?? 0;
  }

  /** Entries of the largest scope of a group. */
  largestOf(group: string): number {
    let largest = 0;
    for (const index of this.#scopes.values()) {
      if (index.group === group) largest = Math.max(largest, index.entries.size);
    }
    return largest;
  }

  #open(name: string, { task, domain, encoder, vector }: KeptQuestion): ScopeIndex {
    const index: ScopeIndex = {
      name,
      group: groupOf({ task, domain, encoder }),
      vectors: this.#createIndex(vector.length),
      entries: new Map(),
      nextId: 0,
    };
    this.#scopes.set(name, index);
    return index;
  }

  #bound(inUse: ScopeIndex): void {
    for (const index of this.#scopes.values()) {
      if (this.#places.size <= this.#maxVectors) return;
      if (index === inUse) continue;
      this.#scopes.delete(index.name);
      this.#dropped.add(index.name);
      for (const { key } of index.entries.values()) this.#places.delete(key);
    }
    // One scope alone is too large: its oldest go.
    for (const { key } of inUse.entries.values()) {
      if (this.#places.size <= this.#maxVectors) return;
      this.remove(key);
    }
  }
}

const nameOf = (scope: string, encoder: string): string => `${scope} ${encoder}`;

function isSound({ vector, features, answerId }: KeptQuestion): boolean {
  if (typeof answerId !== 'string' || features.length > MAX_FEATURES) return false;
  if (!features.every((feature) => HASHED_FEATURE.test(feature))) return false;
  const squares = vector.reduce((sum, value) => sum + value * value, 0);
  return Math.abs(squares - 1) < LENGTH_TOLERANCE;
}

function unpack(packed: string): string[] {
  const features: string[] = [];
  for (let at = 0; at < packed.length; at += FEATURE_CHARACTERS) {
    features.push(packed.slice(at, at + FEATURE_CHARACTERS));
  }
  return features;
}
