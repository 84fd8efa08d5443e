import type { MipSolver } from '../ports/mip-solver.js';
import type { Random } from '../ports/random.js';
import { LiveWindow } from './route/live-window.js';
import { pacedBudget } from './route/pace.js';
import type { ShareOutcome } from './route/shares.js';
import { requireArm, requireStageRoute } from './require-stage-route.js';
import type { NewArm, Reshare, StageRoute, StageRouteSettings, WindowStart } from './stage-route.js';
import type { ArmStatistics } from './statistics/arm-statistics.js';
import { CostScale } from './statistics/cost-scale.js';
import { createArmStatistics } from './statistics/create-arm-statistics.js';
import { logOfTrials, type ArmBounds } from './statistics/fill-bounds.js';
import { withRoom } from './statistics/weighted-means.js';
import { planStage } from './window/plan-stage.js';
import type { WindowPlan } from './window/window-program.js';

/** Chosen by simulation on synthetic tables. */
export const DEFAULT_STAGE_ROUTE: Omit<StageRouteSettings, 'maxLive' | 'budget' | 'horizon'> = {
  multiplier: 0.05,
  delta: 0.05,
  pace: 'paced',
  statistics: { kind: 'change-detection', alpha: 0.05 },
  trialShare: 0.02,
};

/**
 * @param ports.statistics what was seen already, by the numbers that arms will get here; nothing without it
 * @throws InvalidRequestError for settings that make no sense
 */
export function createStageRoute(
  settings: StageRouteSettings,
  ports: { readonly solver: MipSolver; readonly statistics?: ArmStatistics },
): StageRoute {
  requireStageRoute(settings);
  return new PlannedRoute(settings, ports);
}

class PlannedRoute implements StageRoute {
  shares: Float64Array = new Float64Array(0);
  outcome: ShareOutcome['kind'] = 'feasible';
  spent = 0;
  asked = 0;
  readonly #settings: StageRouteSettings;
  readonly #solver: MipSolver;
  readonly #statistics: ArmStatistics;
  readonly #scale: CostScale;
  readonly #arms: NewArm[] = [];
  /** Place among the live arms, by arm; -1 for those that are not live. */
  #places: Int32Array = new Int32Array(0);
  #window: LiveWindow | undefined;
  /** Of the window, a request. */
  #fixedCost = 0;
  /** Kept, and changed in place: it is read at every request. */
  readonly #bounds: { -readonly [Key in keyof ArmBounds]: ArmBounds[Key] } & { expectedCost: Float64Array };

  constructor(settings: StageRouteSettings, { solver, statistics }: Parameters<typeof createStageRoute>[1]) {
    this.#settings = settings;
    this.#solver = solver;
    this.#statistics = statistics ?? createArmStatistics(settings.statistics);
    this.#scale = new CostScale(this.#statistics);
    const expectedCost = new Float64Array(0);
    const { multiplier } = settings;
    this.#bounds = { multiplier, gamma: 0, costScale: 1, minCost: 0, maxCost: Infinity, expectedCost };
  }

  addArm(arm: NewArm): number {
    requireArm(arm);
    const number = this.#arms.length;
    if (number === this.#statistics.size) this.#statistics.addArm();
    this.#arms.push({ ...arm });
    this.shares = withRoom(this.shares);
    this.#places = Int32Array.of(...this.#places, -1);
    this.#bounds.expectedCost = withRoom(this.#bounds.expectedCost);
    this.#bounds.expectedCost[number] = arm.expectedCost ?? NaN;
    this.#bounds.gamma = logOfTrials(this.#statistics.size, this.#settings);
    this.#scale.follow(number, this.#bounds.expectedCost);
    this.#refreshAll();
    return number;
  }

  changeArm(arm: number, change: Partial<NewArm>): void {
    const before = this.#arms[arm];
    if (!before) throw new RangeError(`there is no arm ${arm}`);
    const changed = { ...before, ...change };
    requireArm(changed);
    this.#arms[arm] = changed;
    if (changed.expectedCost === before.expectedCost) return;
    this.#bounds.expectedCost[arm] = changed.expectedCost ?? NaN;
    this.#statistics.resetCosts(arm);
    this.#refresh(arm);
  }

  async startWindow(start: WindowStart): Promise<WindowPlan> {
    const { plan, live } = await planStage({
      start,
      settings: this.#settings,
      arms: this.#arms,
      statistics: this.#statistics,
      bounds: this.#bounds,
      live: this.#window?.arms ?? [],
      budget: this.#budgetOf('window'),
      solver: this.#solver,
    });
    this.#window = new LiveWindow({ live, statistics: this.#statistics });
    this.#fixedCost = plan.fixedCost;
    this.#places.fill(-1);
    for (const [place, { arm }] of live.entries()) this.#places[arm] = place;
    this.shares.fill(0);
    this.#refreshAll();
    return plan;
  }

  route(random: Random, reshare?: Reshare): number {
    const window = this.#window;
    if (!window) throw new RangeError('no window has begun');
    const { budget, horizon, pace } = this.#settings;
    const left = pace === 'paced' ? budget * horizon - this.spent : Infinity;
    this.outcome = window.solve(this.#budgetOf('request'), left);
    if (this.outcome === 'feasible') reshare?.(window.program, window.arms, window.shares);
    for (let place = 0; place < window.arms.length; place++) this.shares[window.arms[place]!] = window.shares[place]!;
    this.asked++;
    return window.draw(random);
  }

  reward(arm: number, reward: number, weight: number): void {
    this.#statistics.reward(arm, reward, weight);
    this.#refresh(arm);
  }

  cost(arm: number, cost: number): void {
    this.#statistics.cost(arm, cost);
    this.spent += cost;
    this.#refresh(arm);
  }

  spend(cost: number): void {
    if (!(cost >= 0 && Number.isFinite(cost))) throw new RangeError(`what is spent is at least 0, not ${cost}`);
    this.spent += cost;
  }

  /** Fixed costs are paid as they come, and then they are spent; with a fixed pace they lie within the budget of requests. */
  #budgetOf(what: 'window' | 'request'): number {
    const { budget, horizon, pace } = this.#settings;
    switch (pace) {
      case 'fixed':
        return what === 'window' ? budget : Math.max(0, budget - this.#fixedCost);
      case 'paced':
        return pacedBudget(budget, horizon, this.asked, this.spent);
      default:
        return pace satisfies never;
    }
  }

  /** Something was seen of an arm. It may have been reset, too. */
  #refresh(arm: number): void {
    if (this.#scale.follow(arm, this.#bounds.expectedCost)) this.#refreshAll();
    else if (this.#places[arm]! >= 0) this.#window!.refresh(this.#places[arm]!, this.#bounds);
  }

  #refreshAll(): void {
    this.#bounds.costScale = this.#scale.value;
    const window = this.#window;
    if (!window) return;
    for (let place = 0; place < window.arms.length; place++) window.refresh(place, this.#bounds);
  }
}
