import type { Degradation } from '../escalate/escalate.js';
import type { RouteAsk } from '../ports/deployment.js';
import type { DecisionRecord, OutcomeRecord } from '../ports/ledger.js';
import type { Request } from '../request/parse-request.js';
import type { Plan, Planner } from './planner.js';
import type { RequestTrace } from './request-trace.js';
import type { Result } from './result.js';
import { pricedFor, type UsableRungs } from './usable-rungs.js';

/** A request that is to be planned for. */
export interface Planned extends Pick<RouteAsk, 'requestId' | 'key'> {
  readonly request: Request;
  readonly planner: Pick<Planner, 'plan'>;
  readonly usable: Pick<UsableRungs, 'closed' | 'left'>;
  readonly signal: AbortSignal | undefined;
  readonly decisions: DecisionRecord[];
  readonly trace: RequestTrace;
}

/** The plans of one request, by itself unless somebody routes it. */
export class RequestPlans {
  /** As it was given, or under the thresholds of its route. */
  request: Request;
  /** Whether it is on a route, and may be planned for by itself when that leads nowhere. */
  follows?: boolean;
  /** Why it left its route. */
  offRoute?: Degradation | undefined;
  protected readonly planned: Planned;

  constructor(planned: Planned) {
    this.planned = planned;
    this.request = planned.request;
  }

  /** @param only tiers among which somebody else has chosen */
  async make(only?: readonly string[]): Promise<Plan> {
    const { planner, signal, usable } = this.planned;
    return pricedFor(await planner.plan(this.request, signal, usable.left(), only), this.request);
  }

  /** However it ended. */
  ended?(outcome: OutcomeRecord, result: Result | undefined): void;
}

/** Whoever has a say in the plans of requests. */
export interface Routing {
  plansFor(planned: Planned): RequestPlans;
}
