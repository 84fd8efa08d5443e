import { costOfQuestion, tokensOfBytes } from '../catalog/question-tokens.js';
import type { Tier } from '../catalog/tier.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import { NoTierFitsError } from '../errors/no-tier-fits-error.js';
import type { TerraceError } from '../errors/terrace-error.js';
import type { Degradation } from '../escalate/escalate.js';
import type { RatedTier } from '../recommend/choose-ladder.js';
import type { Remotes } from '../remote/remotes.js';
import type { Request } from '../request/parse-request.js';
import type { Plan } from './planner.js';
import type { RequestBudget } from './request-budget.js';
import { mayPass } from './put-off.js';
import type { Spending } from '../remote/spending.js';

type Closed = Exclude<Degradation, 'deadline'>;

/** Which rungs one request can use at the moment. */
export interface UsableRungs {
  /** Why a rung cannot be used now, whatever time is left. */
  closed(rung: RatedTier): Closed | undefined;
  /** @param besideUsd what is about to be spent as well */
  canPay(rung: RatedTier, besideUsd?: number): boolean;
  /** One that is closed for a budget alone, where none is open. */
  lastResort(ladder: readonly RatedTier[]): RatedTier | undefined;
  /** A rung of another machine that cannot be used now and may be there later. */
  isAway(rung: RatedTier): boolean;
  /** It failed: the request does not come back to it. */
  leave(tier: Tier, error: TerraceError): void;
  hasLeft(tier: Tier): boolean;
  /** Ids of all tiers that failed or may not be paid for. */
  left(): ReadonlySet<string>;
  /** What an answer suffers from that was given without them; undefined when none failed. */
  suffersFrom(): Closed | undefined;
}

export function createUsableRungs({
  request: { maxCostUsd = Infinity },
  remotes,
  purse,
  spending,
}: {
  request: Pick<Request, 'maxCostUsd'>;
  remotes: Pick<Remotes, 'state'>;
  purse: Pick<RequestBudget, 'isOpen' | 'lastResort' | 'unpaid' | 'isRefused'> | undefined;
  spending: Spending;
}): UsableRungs {
  const failed = new Map<string, { readonly tier: Tier; readonly error: TerraceError }>();
  const isOffline = (tier: Tier): boolean => tier.kind === 'remote' && remotes.state(tier).kind === 'offline';

  const mayCost = ({ estimate }: RatedTier, besideUsd = 0): boolean =>
    spending.costUsd() + besideUsd + estimate.costUsd <= maxCostUsd;

  const isInBudget = ({ tier }: RatedTier): boolean => purse?.isOpen(tier) !== false;

  const canPay = (rung: RatedTier, besideUsd = 0): boolean => mayCost(rung, besideUsd) && isInBudget(rung);

  const closed = (rung: RatedTier): Closed | undefined => {
    const { tier } = rung;
    if (tier.kind === 'local') {
      if (failed.has(tier.id)) return 'tier-failed';
      return isInBudget(rung) ? undefined : 'cost';
    }
    const { kind } = remotes.state(tier);
    if (kind === 'offline' || kind === 'held') return 'offline';
    if (kind === 'failing' || failed.has(tier.id)) return 'tier-failed';
    return canPay(rung) ? undefined : 'cost';
  };

  return {
    closed,
    canPay,
    lastResort: (ladder) => purse?.lastResort(ladder.filter((each) => closed(each) === 'cost' && mayCost(each))),
    isAway(rung) {
      if (rung.tier.kind === 'local' || !mayPass(failed.get(rung.tier.id)?.error)) return false;
      const why = closed(rung);
      return why === 'offline' || why === 'tier-failed';
    },
    leave: (tier, error) => void failed.set(tier.id, { tier, error }),
    hasLeft: (tier) => failed.has(tier.id) || purse?.isRefused(tier) === true,
    left: () => new Set([...failed.keys(), ...(purse?.unpaid() ?? [])]),
    suffersFrom() {
      if (failed.size === 0) return purse?.unpaid().size ? 'cost' : undefined;
      return [...failed.values()].every(({ tier }) => isOffline(tier)) ? 'offline' : 'tier-failed';
    },
  };
}

/** Plans are made for a question of typical length: what is sent elsewhere is paid by its own. */
export function pricedFor(plan: Plan, { textBytes }: Pick<Request, 'textBytes'>): Plan {
  if (plan.ladder.every(({ estimate }) => estimate.costUsd === 0)) return plan;
  const ladder = plan.ladder.map((rung) => {
    if (rung.tier.kind === 'local') return rung;
    const costUsd = costOfQuestion(rung.tier, tokensOfBytes(textBytes));
    return { ...rung, estimate: { ...rung.estimate, costUsd } };
  });
  return { ...plan, ladder };
}

/** @param why each rung is closed */
export function noneCanBeAsked(
  ladder: readonly { readonly tier: Pick<Tier, 'id'> }[],
  why: readonly (Closed | undefined)[],
): NoTierFitsError | EndpointUnreachableError {
  const ids = ladder.map(({ tier }) => tier.id).join(', ');
  const facts = { tiers: ladder.length, phase: 'held' };
  return why.every((each) => each === 'cost')
    ? new NoTierFitsError({
        message: `None of the tiers for this request may be paid for: ${ids}.`,
        hint: 'Raise `maxCostUsd` or the budget.',
        facts,
      })
    : new EndpointUnreachableError({
        message: `None of the tiers for this request can be asked now: ${ids}.`,
        hint: '`terrace tiers` says why; with `whenOffline: "queue"` a request waits for them.',
        facts,
      });
}

export const isTooLate = ({ tier }: RatedTier): EndpointUnreachableError =>
  new EndpointUnreachableError({
    message: `${tier.id} gave no answer while there was time for another tier.`,
    hint: '`terrace tiers` shows how long it takes; a longer deadline waits for it.',
    facts: { endpoint: tier.id, phase: 'answer' },
  });
