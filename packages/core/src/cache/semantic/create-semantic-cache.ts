import type { Clock } from '../../ports/clock.js';
import type { Random } from '../../ports/random.js';
import type { ResponseCacheStore } from '../../ports/response-cache.js';
import type { StartHash } from '../../ports/running-hash.js';
import type { CreateVectorIndex } from '../../ports/vector-index.js';
import type { SemanticSettings } from '../cache-settings.js';
import { guardFeatures, MAX_QUESTION_CHARACTERS } from '../guard/guard-features.js';
import { createFeatureHash } from '../guard/hash-features.js';
import { calibratePairs } from './calibrate-pairs.js';
import { createEmbedQuestion, type Embedding, type EmbedTexts } from './embed-question.js';
import { answersOf, groupOf, readGroup } from './group.js';
import { GroupStanding } from './group-standing.js';
import { MAX_VECTORS, QuestionIndexes } from './question-indexes.js';
import { GUARDED, NEIGHBOURS, scoreOf } from './score.js';
import type {
  HitCalibration,
  Question,
  SemanticAsk,
  SemanticCache,
  SemanticLook,
  SemanticStanding,
} from './semantic-cache.js';

/** How often it is looked what other processes kept. */
const POLL_MS = 1_000;
/** All is read again for a scope that had to make room, and no scope is answered meanwhile: not more often than this. */
const REREAD_MS = 60_000;

export interface SemanticPorts {
  readonly store: ResponseCacheStore;
  readonly embed: EmbedTexts;
  readonly createIndex: CreateVectorIndex;
  readonly settings: SemanticSettings;
  readonly clock: Clock;
  readonly random: Random;
  readonly startHash: StartHash;
  /** Told once of each kind of failure: a look never fails by it. */
  readonly onFailure?: (error: unknown) => void;
  /** Of all scopes together; {@link MAX_VECTORS} unless said otherwise. */
  readonly maxVectors?: number;
}

/**
 * Answers to questions that are alike, where a certificate says that they are.
 *
 * Without one a group of questions is in shadow: all are computed, and held against what would have been served. With one
 * a share of the hits is computed all the same; they withdraw it where they show that it is broken.
 *
 * @throws StorageError when it cannot be read what was certified before
 */
export async function createSemanticCache(ports: SemanticPorts): Promise<SemanticCache> {
  const told = new Set<string>();
  const tell = (kind: string, error: unknown): void => {
    if (told.has(kind)) return;
    told.add(kind);
    ports.onFailure?.(error);
  };
  const standings = new Map<string, GroupStanding>();
  const hash = createFeatureHash(await ports.store.secret(), ports.startHash);
  for (const group of await ports.store.groups()) {
    if (readGroup(group) !== undefined) standings.set(group, await openStanding(group, ports));
  }
  return new CertifiedCache({ ports, hash, standings, tell });
}

async function openStanding(group: string, { store, clock, settings }: SemanticPorts): Promise<GroupStanding> {
  const standing = new GroupStanding(group, { store, clock, maxWrongHitRate: settings.maxWrongHitRate });
  await standing.load();
  return standing;
}

class CertifiedCache implements SemanticCache {
  readonly #ports: SemanticPorts;
  readonly #hash: (features: readonly string[]) => readonly string[];
  readonly #standings: Map<string, GroupStanding>;
  readonly #opening = new Map<string, Promise<void>>();
  readonly #tell: (kind: string, error: unknown) => void;
  readonly #indexes: QuestionIndexes;
  readonly #embed: ReturnType<typeof createEmbedQuestion>;
  readonly #underWay = new Set<Promise<void>>();
  #isFilled = false;
  #filling: Promise<void> | undefined;
  #seq = 0;
  #polledAtMs = -Infinity;
  #rereadAtMs = -Infinity;
  #isClosed = false;

  constructor({
    ports,
    hash,
    standings,
    tell,
  }: {
    ports: SemanticPorts;
    hash: (features: readonly string[]) => readonly string[];
    standings: Map<string, GroupStanding>;
    tell: (kind: string, error: unknown) => void;
  }) {
    this.#ports = ports;
    this.#hash = hash;
    this.#standings = standings;
    this.#tell = tell;
    this.#indexes = new QuestionIndexes(ports.createIndex, ports.maxVectors ?? MAX_VECTORS);
    this.#embed = createEmbedQuestion({ ...ports, onFailure: (error) => tell('embed', error) });
    this.#poll();
  }

  async look(ask: SemanticAsk, signal?: AbortSignal): Promise<SemanticLook> {
    signal?.throwIfAborted();
    if (ask.text.length > MAX_QUESTION_CHARACTERS) return none('guard', undefined);
    const embedding = await this.#embed(ask.text, signal);
    if (!embedding) return none('no-encoder', undefined);
    if ('late' in embedding) {
      const late = embedding.late.then((there) => there && this.#questionOf(ask, there));
      return { kind: 'none', reason: 'late', candidate: undefined, question: undefined, late };
    }
    const question = this.#questionOf(ask, embedding);
    if (!question) return none('no-encoder', undefined);
    try {
      return this.#lookFor(ask, question);
    } catch (error) {
      this.#tell('look', error);
      return none('no-encoder', undefined);
    }
  }

  answered(
    ask: SemanticAsk,
    look: SemanticLook,
    { answerId, kept }: { readonly answerId: string; readonly kept: boolean },
  ): void {
    const { question } = look;
    if (!question || this.#isClosed) return;
    const compared = this.#compare(ask, look, answerId).catch((error: unknown) => this.#tell('rows', error));
    this.#underWay.add(compared);
    void compared.finally(() => this.#underWay.delete(compared));
    if (!kept) return;
    try {
      const { task, domain } = ask;
      this.#indexes.keep(ask.key, ask.scope, { task, domain, ...question, answerId });
    } catch (error) {
      this.#tell('index', error);
    }
  }

  forget(keys: readonly string[]): void {
    for (const key of keys) this.#indexes.remove(key);
  }

  async calibrate({ task, domain, rows, signal }: HitCalibration): Promise<SemanticStanding> {
    const { maxWrongHitRate } = this.#ports.settings;
    const embed: EmbedTexts = async (texts, options) => {
      signal?.throwIfAborted();
      return this.#ports.embed(texts, { ...options, signal });
    };
    const noted = await calibratePairs(rows, { ...this.#ports, embed, maxWrongHitRate, task, domain });
    const standing = await this.#standingOf(groupOf(noted));
    await standing.load();
    return standing.standing() ?? noted;
  }

  standings = () => [...this.#standings.values()].flatMap((standing) => standing.standing() ?? []);

  async flush(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
    await Promise.all([...this.#standings.values()].map((standing) => standing.save()));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#filling;
    await this.flush();
  }

  /** Never throws. */
  #questionOf(ask: SemanticAsk, embedding: Embedding): Question | undefined {
    try {
      return { ...embedding, features: this.#hash(guardFeatures(ask.text)) };
    } catch (error) {
      this.#tell('look', error);
      return undefined;
    }
  }

  #lookFor(ask: SemanticAsk, question: Question): SemanticLook {
    this.#poll();
    if (!this.#isFilled) return none('loading', question);
    if (this.#indexes.isDropped(ask.scope, question.encoder)) {
      this.#readAgain(ask.scope, question.encoder);
      return none('loading', question);
    }
    const nearest = this.#indexes.nearest({ scope: ask.scope, key: ask.key, question, count: NEIGHBOURS });
    const [first] = nearest;
    if (!first) return none('empty', question);
    const score = scoreOf({ features: question.features, nearest, answers: answersOf(ask.task) });
    const group = groupOf({ ...ask, encoder: question.encoder });
    const standing = this.#standings.get(group);
    const entries = this.#indexes.entriesOf(ask.scope, question.encoder);
    if (standing) this.#watch(standing, { group, entries });
    // Another process may have certified what was never compared here.
    else void this.#standingOf(group).catch((error: unknown) => this.#tell('standing', error));
    const without = (reason: Extract<SemanticLook, { kind: 'none' }>['reason']): SemanticLook =>
      none(reason, question, { key: first.key, score });
    if (score <= GUARDED) return without('guard');
    if (!standing?.certificate) return without(standing?.isWithdrawn ? 'withdrawn' : 'uncertified');
    if (answersOf(ask.task) === 'labels' && !standing.isLargeEnough(entries)) return without('uncertified');
    if (score < standing.certificate.threshold) return without('score');
    const { maxWrongHitRate, auditShare } = this.#ports.settings;
    return {
      kind: 'hit',
      key: first.key,
      score,
      maxWrongHitRate,
      // Drawn before anything of the answer is known.
      audited: this.#ports.random() < auditShare,
      auditProbability: auditShare,
      question,
    };
  }

  async #compare(ask: SemanticAsk, look: SemanticLook, answerId: string): Promise<void> {
    const candidate = look.kind === 'hit' ? look : look.candidate;
    if (!candidate || !look.question || (look.kind === 'hit' && !look.audited)) return;
    const cached = this.#indexes.answerIdOf(candidate.key);
    if (cached === undefined) return;
    const group = groupOf({ ...ask, encoder: look.question.encoder });
    const row = {
      group,
      score: candidate.score,
      right: cached === answerId,
      atWallMs: this.#ports.clock.wallMs(),
    };
    const standing = await this.#standingOf(group);
    await standing.compare(
      look.kind === 'hit'
        ? { ...row, kind: 'audit', probability: look.auditProbability }
        : { ...row, kind: 'shadow', probability: 1 },
    );
  }

  async #standingOf(group: string): Promise<GroupStanding> {
    for (;;) {
      const standing = this.#standings.get(group);
      if (standing) return standing;
      const opening =
        this.#opening.get(group) ??
        openStanding(group, this.#ports)
          .then((opened) => void this.#standings.set(group, opened))
          .finally(() => this.#opening.delete(group));
      this.#opening.set(group, opening);
      await opening;
    }
  }

  #watch(standing: GroupStanding, { group, entries }: { group: string; entries: number }): void {
    const grown = standing.grown(entries, () => this.#indexes.largestOf(group));
    const watched = Promise.all([standing.refresh(), grown]);
    watched.catch((error: unknown) => this.#tell('standing', error));
  }

  /** What was kept since, by whichever process, in the background. */
  #poll(): void {
    const nowMs = this.#ports.clock.nowMs();
    if (this.#filling || this.#isClosed || nowMs - this.#polledAtMs < POLL_MS) return;
    this.#polledAtMs = nowMs;
    this.#filling = this.#fill()
      .then(() => void (this.#isFilled = true))
      .catch((error: unknown) => this.#tell('fill', error))
      .finally(() => (this.#filling = undefined));
  }

  #readAgain(scope: string, encoder: string): void {
    const nowMs = this.#ports.clock.nowMs();
    if (nowMs - this.#rereadAtMs < REREAD_MS) return;
    this.#rereadAtMs = nowMs;
    this.#indexes.readmit(scope, encoder);
    const fromTheStart = (): void => {
      this.#isFilled = false;
      this.#seq = 0;
      this.#polledAtMs = -Infinity;
      this.#poll();
    };
    // What is being read just now began behind the entries of this scope.
    if (this.#filling) void this.#filling.then(fromTheStart);
    else fromTheStart();
  }

  async #fill(): Promise<void> {
    for await (const changes of this.#ports.store.changes(this.#seq)) {
      for (const change of changes) this.#take(change);
      this.#seq = changes.at(-1)?.seq ?? this.#seq;
      if (this.#isClosed) return;
    }
  }

  /** One damaged entry is left out; it says nothing of the others. */
  #take(change: Parameters<QuestionIndexes['apply']>[0]): void {
    try {
      this.#indexes.apply(change);
    } catch (error) {
      this.#tell('entry', error);
    }
  }
}

const none = (
  reason: Extract<SemanticLook, { kind: 'none' }>['reason'],
  question: Question | undefined,
  candidate?: { readonly key: string; readonly score: number },
): SemanticLook => ({ kind: 'none', reason, candidate, question });
