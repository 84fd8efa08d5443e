import type { BudgetUnit } from '../budget/amounts.js';
import type { BudgetScope } from '../budget/budget-limit.js';
import { costOfCall } from '../catalog/cost-of-call.js';
import type { Endpoint } from '../catalog/endpoint.js';
import { mostOfQuestion } from '../catalog/question-tokens.js';
import type { Tier } from '../catalog/tier.js';
import { BudgetExhaustedError } from '../errors/budget-exhausted-error.js';
import type { Budget, SpentBudget } from '../ports/budget.js';
import type { RatedTier } from '../recommend/choose-ladder.js';
import { energyOf } from '../recommend/estimate.js';
import type { CallCost } from '../remote/link.js';

/** Whose runs are paid for. */
export interface PayingRequest extends Omit<BudgetScope, 'tier'> {
  readonly requestId: string;
  readonly textBytes: number;
}

/** Told of the calls of one run. */
export interface RunMeter {
  onCall(cost: CallCost): void;
  /** Whether there is money for one call more. */
  mayRepeat(): boolean;
}

type Spent = Pick<SpentBudget, 'budget' | 'left' | 'resetsAtWallMs'>;

/** What one request may spend, and what it was refused. */
export interface RequestBudget {
  /** Whether a tier may be used, as far as is known. */
  isOpen(tier: Tier): boolean;
  /**
   * The first of those that are closed for a budget alone, where none is open: a soft one lets it be asked, and a hard one
   * has the last word. Each is given once.
   */
  lastResort(closed: readonly RatedTier[]): RatedTier | undefined;
  isLastResort(tier: Pick<Tier, 'id'>): boolean;
  /** Takes note that a tier may not be paid for. @returns whether that is what the error says */
  refused(tier: Pick<Tier, 'id'>, error: Error): boolean;
  /** Ids of tiers that may not be paid for, and which of them nothing can change that for. */
  unpaid(): ReadonlySet<string>;
  isRefused(tier: Pick<Tier, 'id'>): boolean;
  /** The budget that had its say last. */
  spent(): Spent | undefined;
  /** @throws BudgetExhaustedError; the signal's reason; what `run` throws */
  pay<T extends { readonly energyJoules: number }>(
    rung: RatedTier,
    signal: AbortSignal | undefined,
    run: (meter: RunMeter) => Promise<T>,
  ): Promise<T>;
}

/** Budgets as a runtime uses them. */
export interface RuntimeBudget extends Budget {
  ofRequest(request: PayingRequest): RequestBudget;
  /** Whether an endpoint may not be asked any more, whoever wants to. */
  isSpentFor(endpoint: Pick<Endpoint, 'id' | 'price'>): boolean;
}

/** In a file of its own: a runtime without budgets has nothing of it. */
export const withRequests = <B extends Budget>(budget: B): B & RuntimeBudget =>
  Object.assign(budget, {
    ofRequest: (request: PayingRequest) => createRequestBudget(budget, request),
    isSpentFor: (endpoint: Pick<Endpoint, 'id' | 'price'>) =>
      budget.whySpent(endpoint.id, {}, unitsOfCalls(endpoint)) !== undefined,
  });

function createRequestBudget(budget: Budget, { requestId, key, domain, textBytes }: PayingRequest): RequestBudget {
  const unpaid = new Set<string>();
  const lastResorts = new Set<string>();
  let spentLast: Spent | undefined;
  const see = ({ budget: id, left, resetsAtWallMs }: Spent): void =>
    void (spentLast = { budget: id, left, resetsAtWallMs });

  return {
    isOpen(tier) {
      if (unpaid.has(tier.id)) return false;
      const spent = budget.whySpent(tier.id, { key, domain }, unitsOf(tier));
      if (spent) see(spent);
      return spent === undefined;
    },
    lastResort(closed) {
      const rung = closed.find(({ tier }) => !lastResorts.has(tier.id));
      if (rung) lastResorts.add(rung.tier.id);
      return rung;
    },
    isLastResort: ({ id }) => lastResorts.has(id),
    refused({ id }, error) {
      if (!BudgetExhaustedError.isInstance(error)) return false;
      unpaid.add(id);
      see(error.facts as unknown as Spent);
      return true;
    },
    unpaid: () => unpaid,
    isRefused: ({ id }) => unpaid.has(id) && lastResorts.has(id),
    spent: () => spentLast,
    pay({ tier, estimate }, signal, run) {
      const call = tier.kind === 'local' ? { usd: 0, bytes: 0 } : mostOfQuestion(tier, textBytes);
      const atMost = { ...call, joules: tier.kind === 'local' ? energyOf(estimate.p95Ms) : 0 };
      const ask = {
        requestId,
        scope: { key, domain, tier: tier.id },
        atMost,
        spare: tier.kind === 'remote' ? atMost : undefined,
        optional: !lastResorts.has(tier.id),
      };
      return budget.pay(ask, async (meter) => {
        // Whoever gave up meanwhile gets back what was reserved.
        signal?.throwIfAborted();
        const done = await run({
          onCall: ({ costUsd, sentBytes }) => meter.add({ usd: costUsd, bytes: sentBytes }),
          mayRepeat: () => meter.covers(call),
        });
        meter.add({ joules: done.energyJoules });
        return done;
      });
    },
  };
}

/** What a run of a tier costs: energy here, and elsewhere what is sent and what is charged. */
const unitsOf = (tier: Tier): readonly BudgetUnit[] =>
  tier.kind === 'local' ? ['joules'] : unitsOfCalls(tier.endpoint);

const unitsOfCalls = (endpoint: Pick<Endpoint, 'price'>): readonly BudgetUnit[] =>
  costOfCall(endpoint, { inputTokens: 1, outputTokens: 1 }) === 0 ? ['bytes'] : ['usd', 'bytes'];
