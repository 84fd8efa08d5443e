import type { Deployment, Route, RouteAsk, RoutedAnswer } from '../../ports/deployment.js';
import type { Random } from '../../ports/random.js';
import type { DeploymentSettings } from '../deployed-model.js';
import type { WindowRecord } from '../deployment-state.js';
import { isInRing } from '../rollout/hold.js';
import { ROLLOUT_SHARES, type Rollout } from '../rollout/rollout.js';
import type { Reshare, StageRoute } from '../stage-route.js';
import type { Arms } from './arms.js';
import type { RoutingContext } from './controller-ports.js';

/** What requests are routed by. It is replaced in one assignment. */
export interface InForce {
  readonly record: WindowRecord;
  readonly stageRoute: StageRoute;
}

/** Routes requests by the window in force, and counts those under way. */
export class Traffic implements Deployment {
  #inForce: InForce | undefined;
  #rings: readonly Rollout[] = [];
  #isFair = false;
  readonly #underWay = new Map<string, number>();
  readonly #settings: () => DeploymentSettings;
  readonly #arms: Arms;
  readonly #random: Random;
  readonly #context: RoutingContext | undefined;
  readonly #onEnded: (answer: RoutedAnswer) => void;
  readonly #onIdle: (model: string) => void;

  constructor({
    settings,
    arms,
    random,
    context,
    onEnded,
    onIdle,
  }: {
    readonly settings: () => DeploymentSettings;
    readonly arms: Arms;
    readonly random: Random;
    readonly context: RoutingContext | undefined;
    readonly onEnded: (answer: RoutedAnswer) => void;
    /** Told when a model has no request under way any more. */
    readonly onIdle: (model: string) => void;
  }) {
    this.#settings = settings;
    this.#arms = arms;
    this.#random = random;
    this.#context = context;
    this.#onEnded = onEnded;
    this.#onIdle = onIdle;
  }

  get inForce(): InForce | undefined {
    return this.#inForce;
  }

  /** @param rollouts under way */
  use(inForce: InForce | undefined, rollouts: readonly Rollout[]): void {
    this.#inForce = inForce;
    this.#rings = rollouts.filter(({ unit }) => unit === 'key');
    // Both sides of a comparison have to be asked the same: with a third model the old one would be left the easy requests.
    this.#isFair = rollouts.length > 0 && Object.keys(inForce?.record.live ?? {}).length > 2;
  }

  underWay(model: string): number {
    return this.#underWay.get(model) ?? 0;
  }

  routes(ask: Pick<RouteAsk, 'task' | 'domain'>): boolean {
    const { domain } = this.#settings();
    return ask.task === 'text-classification' && (domain === undefined || ask.domain === domain);
  }

  route(ask: RouteAsk): Route | undefined | Promise<Route | undefined> {
    if (!this.#inForce || !this.routes(ask)) return undefined;
    return this.#context ? this.#routeByContext(ask, this.#context) : this.#draw(ask);
  }

  async #routeByContext(ask: RouteAsk, context: RoutingContext): Promise<Route | undefined> {
    return this.#draw(ask, await context.look(ask));
  }

  #draw(ask: RouteAsk, reshare?: Reshare): Route | undefined {
    const inForce = this.#inForce;
    if (!inForce) return undefined;
    const { record, stageRoute } = inForce;
    const drawn = stageRoute.route(this.#random, this.#isFair ? undefined : reshare);
    const { arm, shares } = this.#byKey(ask.key, { arm: drawn, shares: this.#sharesOf(inForce) });
    const model = this.#arms.models[arm]!;
    this.#underWay.set(model.id, this.underWay(model.id) + 1);
    return { window: record.id, model: model.id, path: model.path, shares };
  }

  ended(answer: RoutedAnswer): void {
    const { model } = answer.route;
    const left = this.underWay(model) - 1;
    if (left > 0) this.#underWay.set(model, left);
    else this.#underWay.delete(model);
    this.#onEnded(answer);
    if (left <= 0) this.#onIdle(model);
  }

  #sharesOf({ record, stageRoute }: InForce): Record<string, number> {
    const shares: Record<string, number> = {};
    for (const id of Object.keys(record.live)) shares[id] = stageRoute.shares[this.#arms.numberOf(id)!]!;
    return shares;
  }

  /** Everything of a key goes the same way: to the new model, or to those that the draw is among without it. */
  #byKey(key: string | undefined, choice: Choice): Choice {
    if (key === undefined) return choice;
    return this.#rings.reduce((before, rollout) => {
      const arm = this.#arms.numberOf(rollout.model);
      if (arm === undefined || before.shares[rollout.model] === undefined) return before;
      if (isInRing(rollout, key, ROLLOUT_SHARES[rollout.step]!)) return { arm, shares: only(before, rollout.model) };
      const without = renormalised({ ...before.shares, [rollout.model]: 0 });
      if (before.arm !== arm || !without) return without ? { arm: before.arm, shares: without } : before;
      return { arm: this.#drawAmong(without), shares: without };
    }, choice);
  }

  #drawAmong(shares: Readonly<Record<string, number>>): number {
    let left = this.#random();
    const possible = Object.entries(shares).filter(([, share]) => share > 0);
    const [chosen] = possible.find(([, share]) => (left -= share) < 0) ?? possible.at(-1)!;
    return this.#arms.numberOf(chosen)!;
  }
}

interface Choice {
  readonly arm: number;
  readonly shares: Readonly<Record<string, number>>;
}

const only = ({ shares }: Choice, model: string): Record<string, number> =>
  Object.fromEntries(Object.keys(shares).map((id) => [id, id === model ? 1 : 0]));

function renormalised(shares: Readonly<Record<string, number>>): Record<string, number> | undefined {
  const sum = Object.values(shares).reduce((all, share) => all + share, 0);
  if (sum <= 0) return undefined;
  return Object.fromEntries(Object.entries(shares).map(([id, share]) => [id, share / sum]));
}
