import type { Certificate } from '../../judge/risk-control.js';
import type { Degradation } from '../../escalate/escalate.js';
import { BudgetExhaustedError } from '../../errors/budget-exhausted-error.js';
import { ContextExceededError } from '../../errors/context-exceeded-error.js';
import { StructureUnmetError } from '../../errors/structure-unmet-error.js';
import type { TerraceError } from '../../errors/terrace-error.js';
import { deltaOfEach, type WalkBounds } from '../../text/confidence/walk-bounds.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';
import type { TextRequest } from '../../text/request/text-request-schema.js';
import type { TextSource } from '../../text/text-source.js';

type Closed = Exclude<Degradation, 'deadline'>;

/** Which rungs one request can use. */
export class TextRungs {
  readonly #ladder: readonly RatedTextTier[];
  readonly #sourceOf: (rung: RatedTextTier) => TextSource;
  readonly #mayCost: (rung: RatedTextTier) => boolean;
  readonly #request: TextRequest;
  readonly #listens: boolean;
  readonly #left = new Map<string, TerraceError>();
  /** Those whose answers were no good, in the order in which they were asked. */
  readonly #passed: RatedTextTier[] = [];
  readonly #bounds: WalkBounds;

  constructor({
    ladder,
    sourceOf,
    mayCost,
    request,
    listens,
    bounds,
  }: {
    ladder: readonly RatedTextTier[];
    sourceOf: (rung: RatedTextTier) => TextSource;
    /** Whether the request can still pay for it. */
    mayCost: (rung: RatedTextTier) => boolean;
    request: TextRequest;
    /** Whether somebody reads the steps. */
    listens: boolean;
    bounds: WalkBounds;
  }) {
    this.#ladder = ladder;
    this.#sourceOf = sourceOf;
    this.#mayCost = mayCost;
    this.#request = request;
    this.#listens = listens;
    this.#bounds = bounds;
  }

  closed(rung: RatedTextTier): Closed | undefined {
    const error = this.#left.get(rung.tier.id);
    if (error) return BudgetExhaustedError.isInstance(error) ? 'cost' : 'tier-failed';
    return this.#sourceOf(rung).closed() ?? (this.#mayCost(rung) ? undefined : 'cost');
  }

  /** It failed: the request does not come back to it. */
  leave(rung: RatedTextTier, error: TerraceError): void {
    this.#left.set(rung.tier.id, error);
    // Questions that are too much for it were calibrated as such.
    if (isTooMuch(error)) this.pass(rung);
  }

  /** What it answers is not good enough: the next one is asked. */
  pass(rung: RatedTextTier): void {
    if (!this.#passed.includes(rung)) this.#passed.push(rung);
  }

  /** What an answer suffers from that was given without those that failed. */
  suffersFrom(): Closed | undefined {
    const failures = [...this.#left.values()].filter((error) => !isTooMuch(error));
    if (failures.length === 0) return undefined;
    return failures.every((error) => BudgetExhaustedError.isInstance(error)) ? 'cost' : 'tier-failed';
  }

  /**
   * Where a request begins: the lightest that is open; of a bounded one the lightest from which about as many requests
   * keep the bound as from any other.
   */
  first(): RatedTextTier | undefined {
    const open = this.#ladder.filter((rung) => this.closed(rung) === undefined);
    const covered = open.map((_, at) => this.#coverage(open.slice(at)));
    const enough = Math.max(...covered) - LEAST_GAIN;
    // A budget that is spent has its last word when it is asked to pay.
    return (
      open.find((rung, at) => covered[at]! >= enough && this.certificate(rung)) ??
      open[0] ??
      this.#ladder.find((rung) => !this.#left.has(rung.tier.id) && this.closed(rung) === 'cost' && this.#mayCost(rung))
    );
  }

  /** Higher ones, lightest first. */
  above({ tier }: RatedTextTier): readonly RatedTextTier[] {
    return this.#ladder.slice(this.#ladder.findIndex((rung) => rung.tier.id === tier.id) + 1);
  }

  /** The next one that can take over, in so many milliseconds until its first token; of a bounded request one that keeps the bound. */
  next(rung: RatedTextTier, leftMs: number): RatedTextTier | undefined {
    const before = this.#passed.includes(rung) || this.#left.has(rung.tier.id) ? this.#passed : [...this.#passed, rung];
    const keepsBound = (each: RatedTextTier): boolean =>
      this.#request.maxRisk === undefined || this.#certified(before, each) !== undefined;
    return this.above(rung).find(
      (each) => this.closed(each) === undefined && this.firstTokenMs(each) <= leftMs && keepsBound(each),
    );
  }

  /** Whoever can take over from one that broke: the next one, or else a lighter one. */
  spare(rung: RatedTextTier, leftMs: number): RatedTextTier | undefined {
    const isOpen = (each: RatedTextTier): boolean =>
      this.closed(each) === undefined && this.firstTokenMs(each) <= leftMs;
    return this.next(rung, leftMs) ?? this.#ladder.toReversed().find(isOpen);
  }

  /** Until its first token, its load included. */
  firstTokenMs(rung: RatedTextTier): number {
    return this.#sourceOf(rung).readyInMs() + rung.estimate.firstTokenMs;
  }

  /** What the bound of the request rests on where this tier answers; undefined where nothing is certified. */
  certificate(rung: RatedTextTier): Certificate | undefined {
    const at = this.#passed.indexOf(rung);
    return this.#certified(at < 0 ? this.#passed : this.#passed.slice(0, at), rung);
  }

  /** Whether a bounded request leaves a tier by its first tokens: where they are shown, and another one may take over. */
  isHeld(rung: RatedTextTier): boolean {
    const isRead = this.#listens && this.#request.holdMs > 0;
    return isRead && rung.calibration?.early !== undefined && this.above(rung).some(({ calibration }) => calibration);
  }

  #certified(before: readonly RatedTextTier[], rung: RatedTextTier): Certificate | undefined {
    const { maxRisk, generation } = this.#request;
    // The best of several answers, or one that was not drawn anew, is none of those that were calibrated.
    const isCalibrated = generation.n === 1 && !(this.#listens && countsAgreement(rung));
    if (maxRisk === undefined || !rung.calibration || !isCalibrated) return undefined;
    const walk = [...before, rung].flatMap((each) =>
      each.calibration ? [{ rows: each.calibration.rows, isHeld: this.isHeld(each) }] : [],
    );
    const tiers = this.#ladder.filter(({ calibration }) => calibration).length;
    return this.#bounds.certificate({ walk, maxRisk, delta: deltaOfEach(tiers) });
  }

  /** Share of requests that keep the bound somewhere on this walk. */
  #coverage(walk: readonly RatedTextTier[]): number {
    let sum = 0;
    for (const [at, rung] of walk.entries()) {
      const certificate = this.#certified(walk.slice(0, at), rung);
      sum += certificate?.coverage ?? 0;
      // What is shown as it comes is left for no other.
      if (certificate && this.#listens && !this.isHeld(rung)) break;
    }
    return sum;
  }
}

/** A larger tier is worth beginning with where so many more requests keep their bound. */
const LEAST_GAIN = 0.05;

/** Whether how sure it is rests on answers that are drawn anew. */
export const countsAgreement = ({ calibration }: RatedTextTier): boolean =>
  calibration?.whole.features.includes('agreement') === true;

/** A chat or a form that was too much for a tier: a larger one answers as well as if it had been asked first. */
const isTooMuch = (error: TerraceError): boolean =>
  ContextExceededError.isInstance(error) || StructureUnmetError.isInstance(error);

/** Whether a failure says something of this request and nothing of the tier. */
export const saysOfRequest = (error: TerraceError): boolean =>
  isTooMuch(error) || BudgetExhaustedError.isInstance(error);
