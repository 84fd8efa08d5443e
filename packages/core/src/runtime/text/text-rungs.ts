import { certify, type Certificate } from '../../judge/risk-control.js';
import type { Degradation } from '../../escalate/escalate.js';
import { BudgetExhaustedError } from '../../errors/budget-exhausted-error.js';
import { ContextExceededError } from '../../errors/context-exceeded-error.js';
import { StructureUnmetError } from '../../errors/structure-unmet-error.js';
import type { TerraceError } from '../../errors/terrace-error.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';
import type { TextSource } from '../../text/text-source.js';

type Closed = Exclude<Degradation, 'deadline'>;

/** Which rungs one request can use. */
export class TextRungs {
  readonly #ladder: readonly RatedTextTier[];
  readonly #sourceOf: (rung: RatedTextTier) => TextSource;
  readonly #mayCost: (rung: RatedTextTier) => boolean;
  readonly #maxRisk: number | undefined;
  readonly #left = new Map<string, TerraceError>();

  constructor({
    ladder,
    sourceOf,
    mayCost,
    maxRisk,
  }: {
    ladder: readonly RatedTextTier[];
    sourceOf: (rung: RatedTextTier) => TextSource;
    /** Whether the request can still pay for it. */
    mayCost: (rung: RatedTextTier) => boolean;
    maxRisk: number | undefined;
  }) {
    this.#ladder = ladder;
    this.#sourceOf = sourceOf;
    this.#mayCost = mayCost;
    this.#maxRisk = maxRisk;
  }

  closed(rung: RatedTextTier): Closed | undefined {
    const error = this.#left.get(rung.tier.id);
    if (error) return BudgetExhaustedError.isInstance(error) ? 'cost' : 'tier-failed';
    return this.#sourceOf(rung).closed() ?? (this.#mayCost(rung) ? undefined : 'cost');
  }

  /** It failed: the request does not come back to it. */
  leave({ tier }: RatedTextTier, error: TerraceError): void {
    this.#left.set(tier.id, error);
  }

  /** What an answer suffers from that was given without those that failed. */
  suffersFrom(): Closed | undefined {
    const failures = [...this.#left.values()].filter((error) => !isTooMuch(error));
    if (failures.length === 0) return undefined;
    return failures.every((error) => BudgetExhaustedError.isInstance(error)) ? 'cost' : 'tier-failed';
  }

  /**
   * Where a request begins: the lightest that is open; of a bounded one that which keeps the bound for most requests, as a
   * bound holds for one tier and for no walk over several.
   */
  first(): RatedTextTier | undefined {
    const open = this.#ladder.filter((rung) => this.closed(rung) === undefined);
    const bounded = open.filter((rung) => this.certificate(rung));
    const best = bounded.toSorted((a, b) => this.certificate(b)!.coverage - this.certificate(a)!.coverage)[0];
    // A budget that is spent has its last word when it is asked to pay.
    return (
      best ??
      open[0] ??
      this.#ladder.find((rung) => !this.#left.has(rung.tier.id) && this.closed(rung) === 'cost' && this.#mayCost(rung))
    );
  }

  /** Higher ones, lightest first. */
  above({ tier }: RatedTextTier): readonly RatedTextTier[] {
    return this.#ladder.slice(this.#ladder.findIndex((rung) => rung.tier.id === tier.id) + 1);
  }

  /** The next one that can take over, in so many milliseconds until its first token. */
  next(rung: RatedTextTier, leftMs: number): RatedTextTier | undefined {
    return this.above(rung).find((each) => this.closed(each) === undefined && this.firstTokenMs(each) <= leftMs);
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

  /** What the bound of the request rests on where this tier answers by itself; undefined where nothing is certified. */
  certificate({ calibration }: RatedTextTier): Certificate | undefined {
    if (this.#maxRisk === undefined || !calibration) return undefined;
    const { grid } = calibration;
    const loosest = grid.at(-1);
    if (!loosest || loosest.coverage === 0) return undefined;
    return certify({ grid, rows: loosest.accepted / loosest.coverage, maxRisk: this.#maxRisk });
  }
}

/** A chat or a form that was too much for a tier: a larger one answers as well as if it had been asked first. */
const isTooMuch = (error: TerraceError): boolean =>
  ContextExceededError.isInstance(error) || StructureUnmetError.isInstance(error);

/** Whether a failure says something of this request and nothing of the tier. */
export const saysOfRequest = (error: TerraceError): boolean =>
  isTooMuch(error) || BudgetExhaustedError.isInstance(error);
