import type { Random } from '../../ports/random.js';
import type { ArmStatistics } from '../statistics/arm-statistics.js';
import { costLower, rewardUpper, type ArmBounds } from '../statistics/fill-bounds.js';
import { drawArm } from './draw-arm.js';
import { createShareSolver, type ShareSolver } from './create-share-solver.js';
import type { ShareOutcome, ShareProgram } from './shares.js';

export interface LiveArm {
  readonly arm: number;
  readonly least: number;
  readonly most: number;
  /** Requests of its trial, 0 without one: its least share ends with them, and where the budget does. */
  readonly trial: number;
}

/** The highest cost so far is a record that the next request may break: so many times as much is kept for it. */
const RECORD = 2;

/** The arms that are live, close together. Once made, it allocates nothing. */
export class LiveWindow {
  readonly arms: readonly number[];
  /** In the order of `arms`, since the last `solve`. */
  readonly shares: Float64Array;
  readonly #statistics: ArmStatistics;
  readonly #solver: ShareSolver;
  readonly #reward: Float64Array;
  readonly #cost: Float64Array;
  readonly #least: Float64Array;
  readonly #most: Float64Array;
  /** Scratch, where not every arm fits what is left, or no trial does. */
  readonly #guardedReward: Float64Array;
  readonly #guardedLeast: Float64Array;
  readonly #program: { -readonly [Key in keyof ShareProgram]: ShareProgram[Key] };
  /** Requests that trials have left. */
  readonly #trials: Float64Array;
  readonly #hasTrials: boolean;

  constructor({ live, statistics }: { readonly live: readonly LiveArm[]; readonly statistics: ArmStatistics }) {
    const count = live.length;
    this.arms = live.map(({ arm }) => arm);
    this.shares = new Float64Array(count);
    this.#statistics = statistics;
    this.#solver = createShareSolver(count);
    this.#reward = new Float64Array(count);
    this.#cost = new Float64Array(count);
    this.#least = Float64Array.from(live, ({ least }) => least);
    this.#most = Float64Array.from(live, ({ most }) => most);
    this.#trials = Float64Array.from(live, ({ trial }) => trial);
    this.#guardedReward = new Float64Array(count);
    this.#guardedLeast = new Float64Array(count);
    this.#program = { reward: this.#reward, cost: this.#cost, least: this.#least, most: this.#most, budget: 0 };
    this.#hasTrials = live.some(({ trial }) => trial > 0);
  }

  /** Takes over what was seen of an arm. @param place in `arms` */
  refresh(place: number, bounds: ArmBounds): void {
    const arm = this.arms[place]!;
    this.#reward[place] = rewardUpper(this.#statistics, arm, bounds);
    this.#cost[place] = costLower(this.#statistics, arm, bounds);
  }

  /**
   * Fills `shares`. An arm of which one request may cost more than is left is asked where no other fits or the others are
   * too dear on average, the cheaper ones first: a budget that is nearly spent does not hold a dear call.
   * @param budget mean cost of a request @param left of the whole budget
   */
  solve(budget: number, left: number): ShareOutcome['kind'] {
    const fits = this.#guard(left);
    const program = this.#program;
    program.budget = budget;
    let { kind } = this.#solver.solve(program, this.shares);
    if (kind === 'over-budget' && this.#hasTrials) {
      this.#suspendTrials();
      ({ kind } = this.#solver.solve(program, this.shares));
    }
    return fits > 0 ? kind : 'over-budget';
  }

  /** What the last `solve` was about, by place; it changes with the next one. */
  get program(): ShareProgram {
    return this.#program;
  }

  /** An arm by its share. A trial that has had its requests ends. */
  draw(random: Random): number {
    const place = drawArm(this.shares, random);
    if (this.#trials[place]! > 0 && --this.#trials[place]! === 0) this.#least[place] = 0;
    return this.arms[place]!;
  }

  /** @returns how many arms fit what is left */
  #guard(left: number): number {
    const { highestCost, meanCost } = this.#statistics;
    const program = this.#program;
    let fits = 0;
    for (let place = 0; place < this.arms.length; place++) if (RECORD * highestCost[this.arms[place]!]! <= left) fits++;
    program.least = this.#least;
    program.reward = this.#reward;
    if (fits === this.arms.length) return fits;
    for (let place = 0; place < this.arms.length; place++) {
      const arm = this.arms[place]!;
      const mayFit = RECORD * highestCost[arm]! <= left;
      this.#guardedReward[place] = mayFit ? this.#reward[place]! : -1 - meanCost[arm]!;
      this.#guardedLeast[place] = mayFit ? this.#least[place]! : 0;
    }
    program.reward = this.#guardedReward;
    program.least = this.#guardedLeast;
    return fits;
  }

  /** For this request: what they would cost is not there. */
  #suspendTrials(): void {
    const { least } = this.#program;
    for (let place = 0; place < this.arms.length; place++) {
      this.#guardedLeast[place] = this.#trials[place]! > 0 ? 0 : least[place]!;
    }
    this.#program.least = this.#guardedLeast;
  }
}
