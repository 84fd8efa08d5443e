import { answerIdOf } from '../../cache/answer-id.js';
import { mayAnswerAgain, mayKeep } from '../../cache/cache-policy.js';
import type { Asked } from '../../cache/canonical/asked.js';
import { canonicalRequest } from '../../cache/canonical/canonical-request.js';
import { copyOf } from '../../cache/copy-of.js';
import type { AnswerEntry, Entry } from '../../cache/entry/entry-schema.js';
import type { HitCalibration, SemanticStanding } from '../../cache/semantic/semantic-cache.js';
import type { CacheFacts } from '../../cache/cache-facts.js';
import { tenantOf } from '../../cache/tenant-of.js';
import type { ForgetAnswers } from '../../ports/response-cache.js';
import type { AnyInput, AnyOptions, AnyResult, AnyStep } from './answers.js';
import type { Ask, Missed } from './ask.js';
import type { Landed as LandedRun } from './flight.js';
import { KeptAnswers, type Sought } from './kept-answers.js';
import { readAsked } from './read-asked.js';
import { readWish } from './read-wish.js';
import type { CachePorts, ResponseCache } from './response-cache.js';
import { SemanticDesk } from './semantic-desk.js';
import { tellOnceAKind } from './tell-once.js';
import { toEntry, type Pieces } from './to-entry.js';
import { factsOf } from './to-result.js';

type Landed = LandedRun<AnyStep, AnyResult>;
type Answered = Extract<Landed, { readonly kind: 'answered' }>;

/** What is kept of an answer, if it may be, and what it is compared by. */
interface ToKeep {
  readonly entry: Entry | undefined;
  readonly answerId: string | undefined;
}

/** What the cache says to a request. */
export type Decision =
  /** Nothing of it is looked up or kept. */
  | { readonly kind: 'past'; readonly input: AnyInput }
  | { readonly kind: 'hit'; readonly ask: Ask; readonly entry: AnswerEntry; readonly facts: CacheFacts }
  | { readonly kind: 'miss'; readonly ask: Missed };

/** Looks answers up and keeps new ones. No request fails by it, and none waits for what is kept. */
export class ResponseDesk implements ResponseCache {
  readonly #ports: CachePorts;
  readonly #kept: KeptAnswers;
  readonly #semantic: SemanticDesk;
  readonly #tell: (kind: string, error: unknown) => void;
  readonly #underWay = new Set<Promise<void>>();
  #epoch = 0;

  constructor(ports: CachePorts) {
    const tell = tellOnceAKind(ports.onFailure);
    this.#ports = ports;
    this.#tell = tell;
    this.#kept = new KeptAnswers({ ...ports, tell });
    this.#semantic = new SemanticDesk({ ...ports, tell });
  }

  /**
   * @param tells whether steps are told, or a result only
   * @throws InvalidRequestError for what it says to the cache; the signal's reason
   */
  async decide(given: unknown, options: AnyOptions, tells: boolean): Promise<Decision> {
    const fromMs = this.#ports.clock.nowMs();
    const { input, wish } = readWish(given);
    const past: Decision = { kind: 'past', input: input as AnyInput };
    const asked = wish === 'off' || options.signal?.aborted ? undefined : readAsked(input);
    if (wish === 'off' || !asked || !mayAnswerAgain(asked, options)) return past;
    // What is told of each token is in no result.
    if (tellsTokens(asked) && !tells) return past;
    const { task, domain } = asked.request;
    if (asked.request.policy === 'cascade' && this.#ports.routes?.({ task, domain })) return past;
    const identity = await this.#identity({ task, domain });
    const tenant = await this.#kept.hashOf(tenantOf(options.key, wish.tenant));
    if (identity === undefined || tenant === undefined) return past;
    const canonical = canonicalRequest(asked, { tenant, identity }, this.#ports.startHash);
    const epoch = this.#epoch;
    const ask: Ask = { input: past.input, options, wish, asked, canonical, tenant, identity, fromMs, epoch };
    const exact = wish.refresh ? undefined : await this.#find({ key: canonical.key, tenant });
    if (exact) return { kind: 'hit', ask, entry: exact.entry, facts: factsOf(exact.entry, exact.ageMs) };
    options.signal?.throwIfAborted();
    const look = await this.#semantic.look(ask);
    if (look?.kind !== 'hit') return { kind: 'miss', ask: { ...ask, look, audited: undefined } };
    const alike = await this.#find({ key: look.key, scope: canonical.scope, tenant });
    if (look.audited) {
      const audited = { answerId: alike?.question?.answerId, probability: look.auditProbability };
      return { kind: 'miss', ask: { ...ask, look, audited } };
    }
    if (!alike) return { kind: 'miss', ask: { ...ask, look: undefined, audited: undefined } };
    return { kind: 'hit', ask, entry: alike.entry, facts: factsOf(alike.entry, alike.ageMs, look) };
  }

  /** Keeps what was computed and tells the semantic cache of it, in the background. */
  landed(ask: Missed, landed: Landed): void {
    if (landed.kind === 'failed') return;
    this.#audit(ask, landed.result);
    const work = this.#takeIn(ask, landed).catch((error: unknown) => this.#tell('store', error));
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  async stats() {
    const [stats, semantic] = await Promise.all([this.#ports.store.stats(), this.#semantic.standings()]);
    return { ...stats, semantic };
  }

  calibrate = (calibration: HitCalibration): Promise<SemanticStanding> => this.#semantic.calibrate(calibration);

  async forget({ tenant, ...what }: ForgetAnswers): Promise<number> {
    // What is computed from what was known before is not kept after it.
    this.#epoch++;
    await this.#settled();
    const owners = tenant === undefined ? [{}] : await this.#ownersOf(tenant);
    let gone = 0;
    try {
      for (const owner of owners) gone += await this.#ports.store.forget({ ...what, ...owner });
    } finally {
      // Also where it was removed and could not be overwritten.
      this.#kept.letGoOfRead();
    }
    if (what.keys) this.#semantic.forget(what.keys);
    return gone;
  }

  /** As a request names its tenant, and as `tenantOf` names that of a key. @throws StorageError */
  async #ownersOf(tenant: string): Promise<{ readonly tenant: string }[]> {
    const hash = await this.#kept.hash();
    return [tenant, tenantOf(undefined, tenant)].map((name) => ({ tenant: hash(name) }));
  }

  /** @throws StorageError */
  async flush(): Promise<void> {
    await this.#settled();
    await this.#kept.flush();
    await this.#semantic.flush();
  }

  /** What is still to be kept, and the semantic cache. Never rejects. */
  async close(): Promise<void> {
    await this.#settled();
    this.#epoch++;
    await this.flush().catch((error: unknown) => this.#tell('store', error));
    await this.#semantic.close().catch((error: unknown) => this.#tell('semantic', error));
  }

  /** What is under way now: where requests never end, what comes after them would be waited for without end. */
  async #settled(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** Undefined where nobody can say who would answer. */
  async #identity(ask: { readonly task: string; readonly domain: string | undefined }): Promise<string | undefined> {
    try {
      return await this.#ports.identity(ask);
    } catch (error) {
      this.#tell('identity', error);
      return undefined;
    }
  }

  async #find(sought: Sought) {
    const found = await this.#kept.get(sought);
    if (!found || found.entry.kind === 'forwarded') return undefined;
    return { ...found, entry: found.entry };
  }

  async #takeIn(ask: Missed, { result, told }: Answered): Promise<void> {
    const toKeep: ToKeep = {
      // At once: whoever asked may change the answer.
      entry: this.#mayKeep(ask, result, told === undefined)
        ? copyOf(toEntry(result, this.#ports.clock.nowMs() - ask.fromMs, piecesOf(ask, told)))
        : undefined,
      answerId: answerIdOf(ask.asked, result, this.#ports.startHash),
    };
    await this.#keep(ask, toKeep, ask.look);
    // Nothing waits for it: what is forgotten or closed meanwhile is not kept again.
    void this.#semantic
      .withLate(ask.look)
      .then((late) => late && this.#keep(ask, toKeep, late))
      .catch((error: unknown) => this.#tell('store', error));
  }

  async #keep(ask: Missed, { entry, answerId }: ToKeep, look: Missed['look']): Promise<void> {
    const { canonical } = ask;
    const { task, domain } = canonical;
    const { question } = look ?? {};
    const kept =
      entry !== undefined &&
      ask.epoch === this.#epoch &&
      (await this.#identity({ task, domain })) === ask.identity &&
      (await this.#kept.keep({
        key: canonical.key,
        scope: canonical.scope,
        tenant: ask.tenant,
        tags: ask.wish.tags ?? [],
        ttlMs: ask.wish.ttlMs,
        entry,
        question: question && answerId !== undefined ? { task, domain, ...question, answerId } : undefined,
      }));
    if (look && answerId !== undefined) this.#semantic.answered(ask, look, { answerId, kept });
  }

  #mayKeep(ask: Ask, result: AnyResult, isCut: boolean): boolean {
    if (ask.epoch !== this.#epoch || !mayKeep(result)) return false;
    return !(isCut && tellsTokens(ask.asked));
  }

  /** Writes down whether the hit would have been right, with the outcome of the request that was computed for it. */
  #audit({ audited, asked }: Missed, result: AnyResult): void {
    if (!audited) return;
    const answerId = answerIdOf(asked, result, this.#ports.startHash);
    const right = audited.answerId === undefined ? undefined : audited.answerId === answerId;
    const { probability } = audited;
    this.#ports.ledger?.mark?.(result.requestId, {
      kind: 'audit',
      savedUsd: 0,
      savedTokens: 0,
      savedMs: 0,
      right,
      probability,
    });
  }
}

const tellsTokens = (asked: Asked): boolean =>
  asked.kind === 'text' && asked.request.generation.topLogProbs !== undefined;

/** What was told of tokens; where nobody asked for that, texts are enough. */
function piecesOf(ask: Ask, told: Answered['told']): Pieces {
  if (!tellsTokens(ask.asked) || !told?.some(({ kind }) => kind === 'text')) return undefined;
  return told.flatMap((step) => {
    if (step.kind !== 'text') return [];
    const { text, logProbs, tokens } = step;
    return [
      {
        text,
        logProbs: [...logProbs],
        tokens: tokens?.map((token) => ({ ...token, top: token.top.map((each) => ({ ...each })) })),
      },
    ];
  });
}
