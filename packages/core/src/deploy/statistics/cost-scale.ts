import type { ArmStatistics } from './arm-statistics.js';

/** What costs are measured in: the dearest mean cost there is; before any, the dearest price; before that, a dollar. */
export class CostScale {
  value = 1;
  readonly #statistics: ArmStatistics;
  /** The arm whose mean cost it is; -1 where it is none's. */
  #dearest = -1;

  constructor(statistics: ArmStatistics) {
    this.#statistics = statistics;
  }

  /**
   * An arm's costs have changed. Looks at the others only where the dearest one has become cheaper.
   * @param expectedCost by arm; NaN where nobody knows
   * @returns whether the scale is another one
   */
  follow(arm: number, expectedCost: Float64Array): boolean {
    const mean = this.#statistics.meanCost[arm]!;
    if (this.#dearest >= 0 && arm !== this.#dearest && mean <= this.value) return false;
    const before = this.value;
    if (this.#dearest >= 0 && mean >= this.value) {
      this.value = mean;
      this.#dearest = arm;
    } else this.#look(expectedCost);
    return this.value !== before;
  }

  #look(expectedCost: Float64Array): void {
    const { meanCost, size } = this.#statistics;
    this.value = 0;
    this.#dearest = -1;
    for (let arm = 0; arm < size; arm++) {
      if (meanCost[arm]! <= this.value) continue;
      this.value = meanCost[arm]!;
      this.#dearest = arm;
    }
    if (this.#dearest >= 0) return;
    for (const cost of expectedCost) if (cost > this.value) this.value = cost;
    this.value ||= 1;
  }
}
