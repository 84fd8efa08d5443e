import { upperBound } from '../../evaluate/binomial.js';
import { driftOf, WINDOW, type JudgedAnswer } from '../../evaluate/drift.js';
import type { CatalogSource } from '../../ports/catalog-source.js';
import type { Ledger } from '../../ports/ledger.js';
import type { TrustAsk } from '../../ports/learning.js';

/**
 * Every answer moves the window on and is a test of its own. With this probability for one of them, a tier that is just
 * as good as its bound is distrusted in about one of forty runs of 5,000 judged answers (simulated at .02 and .05).
 */
const ALARM_DELTA = 0.0002;
/** Three unlucky answers in a row would do otherwise, and nobody would believe it. */
const LEAST_ANSWERS = 8;
/** What the calibration itself may be wrong about the bound. */
const BOUND_DELTA = 0.05;
/** Outcomes that are read back at the start. */
const MAX_OUTCOMES = 20_000;

/** An answer that somebody judged, under the revision it was given. */
export interface WatchedAnswer extends Omit<JudgedAnswer, 'domain'> {
  readonly requestId: string;
  readonly domain: string;
  readonly ladderRevision: string | undefined;
}

/** Which tiers have broken their bound, by what people say of their answers. */
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

interface Watched {
  readonly ask: TrustAsk;
  /** Newest first. */
  answers: readonly WatchedAnswer[];
  isBroken: boolean;
}

/**
 * @param maxRisk share of accepted answers that may be wrong; without it what the domain's calibration did at its
 *   operating point, and where it says nothing of the tier, the confidences of the answers themselves
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
  const keyOf = ({ domain, tier, ladderRevision = '' }: TrustAsk): string => `${domain} ${tier} ${ladderRevision}`;
  const inForce = (domain: string): string | undefined =>
    catalog.current().domains.find(({ id }) => id === domain)?.ladderRevision;

  const windowOf = ({ domain, tier, ladderRevision }: TrustAsk): Watched => {
    const ask = { domain, tier, ladderRevision };
    const found = watched.get(keyOf(ask)) ?? { ask, answers: [], isBroken: false };
    watched.set(keyOf(ask), found);
    return found;
  };
  const judge = async (window: Watched): Promise<void> => {
    if (window.answers.length < LEAST_ANSWERS) return;
    const bound = maxRisk ?? (await operatingRisk(catalog, window.ask));
    window.isBroken ||= driftOf(window.answers, bound, ALARM_DELTA) !== undefined;
  };
  /** Revisions that are over are never asked about again. */
  const dropOld = (): void => {
    for (const [key, { ask }] of watched) if (ask.ladderRevision !== inForce(ask.domain)) watched.delete(key);
  };

  return {
    async load() {
      let seen = 0;
      for await (const page of ledger.review()) {
        for (const { outcome, feedback } of page) {
          const { domain, verdict, ladderRevision, tier, confidence, requestId } = outcome;
          if (!feedback || domain === undefined || verdict !== 'accept') continue;
          if (ladderRevision !== inForce(domain)) continue;
          const window = windowOf({ domain, tier, ladderRevision });
          if (window.answers.length >= WINDOW) continue;
          const answer = { requestId, domain, tier, ladderRevision, confidence, right: feedback.right };
          window.answers = [...window.answers.filter((each) => each.requestId !== requestId), answer];
        }
        seen += page.length;
        if (seen >= MAX_OUTCOMES) break;
      }
      for (const window of watched.values()) await judge(window);
    },
    async add(answer) {
      if (answer.ladderRevision !== inForce(answer.domain)) return;
      dropOld();
      const window = windowOf(answer);
      const others = window.answers.filter(({ requestId }) => requestId !== answer.requestId);
      window.answers = [answer, ...others].slice(0, WINDOW);
      await judge(window);
    },
    distrusts: (ask) => watched.get(keyOf(ask))?.isBroken === true,
    broken: (domain) =>
      [...watched.values()]
        .filter(({ ask, isBroken }) => isBroken && ask.domain === domain && ask.ladderRevision === inForce(domain))
        .map(({ ask }) => ask.tier),
  };
}

/** The most that the whole ladder may be wrong at its operating point; what a tier accepts alone is at least as sure. */
async function operatingRisk(catalog: CatalogSource, { domain, tier }: TrustAsk): Promise<number | undefined> {
  const calibration = await catalog.calibration(domain);
  const ladders = calibration?.ladders.filter(({ tiers }) => tiers.includes(tier)) ?? [];
  const [longest] = ladders.toSorted((a, b) => b.tiers.length - a.tiers.length);
  if (!calibration || !longest) return undefined;
  const { rows } = calibration.data;
  return upperBound(Math.round((1 - longest.operating.accuracy) * rows), rows, BOUND_DELTA);
}
