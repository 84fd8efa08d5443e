import type { Calibration } from '../../catalog/calibration.js';
import { isFromMemory } from '../../evaluate/from-memory.js';
import { driftOf, WINDOW, type JudgedAnswer } from '../../evaluate/drift.js';
import type { CatalogSource } from '../../ports/catalog-source.js';
import type { Ledger } from '../../ports/ledger.js';
import type { TrustAsk } from '../../ports/learning.js';
import { promisedRisk, type PromisedRisk } from './promised-risk.js';

/**
 * Every answer moves the windows on and is a test of its own. With this probability for one of them, a ladder of two tiers
 * that are all just as good as their bounds is distrusted in about one of forty runs of 5,000 judged answers (simulated
 * at .02, .05 and .08).
 */
const ALARM_DELTA = 0.0001;
/** Three unlucky answers in a row would do otherwise, and nobody would believe it. */
const LEAST_ANSWERS = 8;
/** Outcomes that are read back at the start. */
const MAX_OUTCOMES = 20_000;

/** An answer that somebody judged, under the revision it was given. */
export interface WatchedAnswer extends Omit<JudgedAnswer, 'domain'> {
  readonly requestId: string;
  readonly domain: string;
  readonly ladderRevision: string | undefined;
}

/**
 * Which tiers have broken their bound, by what people say of their answers. A certificate speaks of all answers that a
 * ladder accepts, so they are held against it together; each tier is held against what was to be expected of it.
 */
export interface DriftWatch {
  /** Fills the windows with what the ledger holds of the revisions in force. */
  load(): Promise<void>;
  /** The last word on a request counts. */
  add(answer: WatchedAnswer): Promise<void>;
  /** Until another ladder revision is in force. */
  distrusts(ask: TrustAsk): boolean;
  /** Tiers of a domain that are distrusted now. */
  broken(domain: string): readonly string[];
}

/** A domain under the revision of its ladder that is in force. */
interface Watched {
  readonly domain: string;
  readonly ladderRevision: string | undefined;
  /** Newest first, at most a full window of each tier. */
  answers: readonly WatchedAnswer[];
  /** Answers that were there when the last tier broke. */
  counted: ReadonlySet<WatchedAnswer>;
  readonly broken: Set<string>;
}

/**
 * @param maxRisk share of accepted answers that may be wrong; without it what the domain's calibration did at its
 *   operating point, and where it says nothing of a tier, the confidences of the answers themselves
 */
export function createDriftWatch({
  ledger,
  catalog,
  maxRisk,
}: {
  readonly ledger: Pick<Ledger, 'review'>;
  readonly catalog: CatalogSource;
  readonly maxRisk: number | undefined;
}): DriftWatch {
  const watched = new Map<string, Watched>();
  const inForce = (domain: string): string | undefined =>
    catalog.current().domains.find(({ id }) => id === domain)?.ladderRevision;

  /** An endpoint that computes a model of the catalog is covered as that model. */
  const calibratedAs = (tier: string): string =>
    catalog.current().endpoints?.find(({ id }) => id === tier)?.serves?.model ?? tier;

  /** Revisions that are over are never asked about again. */
  const watchedIn = (domain: string): Watched | undefined => {
    const found = watched.get(domain);
    return found?.ladderRevision === inForce(domain) ? found : undefined;
  };
  const startIn = (domain: string): Watched => {
    const ladderRevision = inForce(domain);
    const started: Watched = { domain, ladderRevision, answers: [], counted: new Set(), broken: new Set() };
    watched.set(domain, started);
    return started;
  };
  const promises = new WeakMap<Calibration, PromisedRisk>();
  const promiseIn = async (domain: string): Promise<PromisedRisk | undefined> => {
    const calibration = await catalog.calibration(domain);
    if (!calibration) return undefined;
    const promise = promises.get(calibration) ?? promisedRisk(calibration, { calibratedAs, maxRisk });
    promises.set(calibration, promise);
    return promise;
  };
  const judge = async (of: Watched): Promise<void> => {
    const promise = await promiseIn(of.domain);
    const alone = [...byTier(of.answers)].filter(
      ([tier, answers]) =>
        !of.broken.has(tier) && (promise?.covers(tier) ? isDecayed(answers, promise) : isWorse(answers, maxRisk)),
    );
    const tiers = alone.length > 0 || !promise ? alone.map(([tier]) => tier) : brokenTogether(of, promise);
    if (tiers.length === 0) return;
    for (const tier of tiers) of.broken.add(tier);
    // What goes on without them gets other requests than before: only what comes now tells how it does.
    of.counted = new Set(of.answers);
  };

  return {
    async load() {
      let seen = 0;
      for await (const page of ledger.review()) {
        for (const { outcome, feedback } of page) {
          const { domain, verdict, ladderRevision, tier, confidence, requestId } = outcome;
          if (!feedback || domain === undefined || verdict !== 'accept' || isFromMemory(outcome)) continue;
          if (ladderRevision !== inForce(domain)) continue;
          const its = watchedIn(domain) ?? startIn(domain);
          const answer = { requestId, domain, tier, ladderRevision, confidence, right: feedback.right };
          its.answers = newestOf([...its.answers.filter((each) => each.requestId !== requestId), answer], tier);
        }
        seen += page.length;
        if (seen >= MAX_OUTCOMES) break;
      }
      for (const its of watched.values()) await judge(its);
    },
    async add(answer) {
      const { domain, tier, requestId, ladderRevision } = answer;
      if (ladderRevision !== inForce(domain)) return;
      const its = watchedIn(domain) ?? startIn(domain);
      its.answers = newestOf([answer, ...its.answers.filter((each) => each.requestId !== requestId)], tier);
      await judge(its);
    },
    distrusts({ domain, tier, ladderRevision }) {
      const its = watchedIn(domain);
      return its?.ladderRevision === ladderRevision && its?.broken.has(tier) === true;
    },
    broken: (domain) => [...(watchedIn(domain)?.broken ?? [])],
  };
}

/** The answers without those of a tier that are older than a full window of it. */
function newestOf(answers: readonly WatchedAnswer[], of: string): WatchedAnswer[] {
  let count = 0;
  return answers.filter(({ tier }) => tier !== of || ++count <= WINDOW);
}

function meanDoubt(answers: readonly WatchedAnswer[]): number | undefined {
  const doubts = answers.flatMap(({ confidence }) => (confidence === undefined ? [] : [1 - confidence]));
  return doubts.length === 0 ? undefined : doubts.reduce((sum, doubt) => sum + doubt, 0) / doubts.length;
}

/** Without a promise of its own a tier is held to the bound, or to what it says itself. */
function isWorse(answers: readonly WatchedAnswer[], risk: number | undefined): boolean {
  return answers.length >= LEAST_ANSWERS && driftOf(answers, risk, ALARM_DELTA) !== undefined;
}

/** What is right as often as the whole ladder must be does not break its promise, whatever was expected of it. */
const isDecayed = (answers: readonly WatchedAnswer[], { ofLadder, ofTier }: PromisedRisk): boolean =>
  isWorse(answers, ofLadder) && isWorse(answers, ofTier(answers[0]!.tier, meanDoubt(answers)));

/** Where what a ladder accepted is wrong too often as a whole: the tier that is most above its own confidences. */
function brokenTogether({ answers, counted, broken }: Watched, { ofLadder, covers }: PromisedRisk): string[] {
  const rest = answers.filter((answer) => covers(answer.tier) && !broken.has(answer.tier) && !counted.has(answer));
  const accepted = rest.slice(0, WINDOW);
  if (!isWorse(accepted, ofLadder)) return [];
  const surprises = [...byTier(accepted)].map(([tier, its]) => {
    const expected = its.length * (meanDoubt(its) ?? ofLadder);
    return { tier, surprise: its.filter(({ right }) => !right).length - expected };
  });
  return [surprises.reduce((a, b) => (b.surprise > a.surprise ? b : a)).tier];
}

function byTier(answers: readonly WatchedAnswer[]): Map<string, WatchedAnswer[]> {
  const tiers = new Map<string, WatchedAnswer[]>();
  for (const answer of answers) {
    const its = tiers.get(answer.tier);
    if (its) its.push(answer);
    else tiers.set(answer.tier, [answer]);
  }
  return tiers;
}
