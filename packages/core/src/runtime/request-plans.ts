import type { DeployedPath } from '../deploy/deployed-model.js';
import { NoTierFitsError } from '../errors/no-tier-fits-error.js';
import type { Degradation } from '../escalate/escalate.js';
import type { Deployment, Route, RouteAsk } from '../ports/deployment.js';
import type { DecisionRecord, OutcomeRecord } from '../ports/ledger.js';
import type { Request } from '../request/parse-request.js';
import type { Plan, Planner } from './planner.js';
import { decision } from './records.js';
import type { RequestTrace } from './request-trace.js';
import type { Result } from './result.js';
import { pricedFor, type UsableRungs } from './usable-rungs.js';

interface Planned extends Pick<RouteAsk, 'requestId' | 'key'> {
  readonly request: Request;
  readonly deployment: Deployment | undefined;
  readonly planner: Pick<Planner, 'plan'>;
  readonly usable: Pick<UsableRungs, 'closed' | 'left'>;
  readonly signal: AbortSignal | undefined;
  readonly decisions: DecisionRecord[];
  readonly trace: RequestTrace;
}

/** The plans of one request: on its route while the model it was routed to can answer, and then as if there were none. */
export class RequestPlans {
  readonly #is: Planned;
  /** As it was given, or under the thresholds of its route. */
  request: Request;
  /** Whether the route holds. */
  follows = false;
  /** Why it does not hold any more. */
  offRoute: Degradation | undefined;
  #routed: { readonly ask: RouteAsk; readonly route: Route } | undefined;
  #isFirst = true;

  constructor(planned: Planned) {
    this.#is = planned;
    this.request = planned.request;
  }

  async make(): Promise<Plan> {
    const { deployment, request } = this.#is;
    if (this.#isFirst && deployment && request.policy === 'cascade') await this.#choose(deployment);
    this.#isFirst = false;
    return (this.follows && (await this.#onRoute())) || this.#make();
  }

  /** However it ended, where it was routed. */
  ended(outcome: OutcomeRecord, result: Result | undefined): void {
    const output = result?.output;
    const label = output?.kind === 'classification' ? output.label : undefined;
    if (this.#routed) this.#is.deployment!.ended({ ...this.#routed, outcome, label });
  }

  async #choose(deployment: Deployment): Promise<void> {
    const { request, requestId, key, decisions, trace } = this.#is;
    const { text, task, domain, subDomain } = request;
    const ask = { requestId, text, task, domain, subDomain, key };
    const found = deployment.route(ask);
    const route = found instanceof Promise ? await found : found;
    if (!route) return;
    this.#routed = { ask, route };
    this.follows = true;
    this.request = underThresholds(request, route.path);
    const { window, model, shares } = route;
    decisions.push({ ...decision('route', [], model, [], undefined), window, alternatives: shares });
    trace.note({ kind: 'route', window, model, shares });
  }

  async #make(only?: readonly string[]): Promise<Plan> {
    const { planner, signal, usable } = this.#is;
    return pricedFor(await planner.plan(this.request, signal, usable.left(), only), this.request);
  }

  /** Undefined when the model that the request was routed to cannot answer it. */
  async #onRoute(): Promise<Plan | undefined> {
    const { request, usable } = this.#is;
    const { path } = this.#routed!.route;
    const plan = await this.#make(path.kind === 'tier' ? [path.tier] : path.tiers).catch((error: unknown) => {
      // The request itself rules the model out: an answer of another one is none the worse for it.
      if (NoTierFitsError.isInstance(error)) return undefined;
      throw error;
    });
    const why = plan?.ladder.map(usable.closed) ?? [];
    if (why.includes(undefined)) return plan;
    this.follows = false;
    this.offRoute = why[0];
    this.request = request;
    return undefined;
  }
}

/** Where both the request and its route have one, the tighter one counts. */
function underThresholds(request: Request, path: DeployedPath): Request {
  if (path.kind === 'tier') return request;
  const { minConfidence, maxRisk } = path;
  return {
    ...request,
    ...(minConfidence !== undefined && { minConfidence: Math.max(minConfidence, request.minConfidence ?? 0) }),
    ...(maxRisk !== undefined && { maxRisk: Math.min(maxRisk, request.maxRisk ?? 1) }),
  };
}
