import type { DeployedPath } from '../deploy/deployed-model.js';
import { pathTiers } from '../deploy/path-tiers.js';
import { NoTierFitsError } from '../errors/no-tier-fits-error.js';
import type { Deployment, Route, RouteAsk } from '../ports/deployment.js';
import type { OutcomeRecord } from '../ports/ledger.js';
import type { Request } from '../request/parse-request.js';
import type { Plan } from './planner.js';
import { decision } from './records.js';
import { RequestPlans, type Planned, type Routing } from './request-plans.js';
import type { Result } from './result.js';

/** What a runtime is given so that a deployment routes its requests. */
export const routeRequests = (deployment: Deployment): Routing => ({
  plansFor: (planned) =>
    planned.request.policy === 'cascade' ? new RoutedPlans(planned, deployment) : new RequestPlans(planned),
});

/** On its route while the model it was routed to can answer, and then as if there were none. */
class RoutedPlans extends RequestPlans {
  readonly #deployment: Deployment;
  #routed: { readonly ask: RouteAsk; readonly route: Route } | undefined;
  #isFirst = true;

  constructor(planned: Planned, deployment: Deployment) {
    super(planned);
    this.#deployment = deployment;
  }

  override async make(): Promise<Plan> {
    if (this.#isFirst) await this.#choose();
    const plan = this.follows ? await this.#onRoute() : undefined;
    this.#isFirst = false;
    return plan ?? super.make();
  }

  override ended(outcome: OutcomeRecord, result: Result | undefined): void {
    const output = result?.output;
    const label = output?.kind === 'classification' ? output.label : undefined;
    if (this.#routed) this.#deployment.ended({ ...this.#routed, outcome, label });
  }

  async #choose(): Promise<void> {
    const { request, requestId, key, decisions, trace } = this.planned;
    const { text, task, domain, subDomain, residency } = request;
    const ask = { requestId, text, task, domain, subDomain, key, residency };
    const found = this.#deployment.route(ask);
    const route = found instanceof Promise ? await found : found;
    if (!route) return;
    this.#routed = { ask, route };
    this.follows = true;
    this.request = underThresholds(request, route.path);
    const { window, model, shares } = route;
    decisions.push({ ...decision('route', [], model, [], undefined), window, alternatives: shares });
    trace.note({ kind: 'route', window, model, shares });
  }

  /** Undefined when the model that the request was routed to cannot answer it. */
  async #onRoute(): Promise<Plan | undefined> {
    const { request, usable } = this.planned;
    const plan = await super.make(pathTiers(this.#routed!.route.path)).catch((error: unknown) => {
      // The request itself rules the model out: an answer of another one is none the worse for it.
      if (NoTierFitsError.isInstance(error)) return undefined;
      throw error;
    });
    const why = plan?.ladder.map(usable.closed) ?? [];
    if (why.includes(undefined)) return plan;
    this.follows = false;
    this.offRoute = why[0];
    // Nobody asked its model, which could not help it: what comes of the request says nothing of it.
    if (this.#isFirst && this.offRoute !== 'tier-failed') this.planned.decisions.length = 0;
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
