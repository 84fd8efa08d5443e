/** What a baseline has seen: plain means of every arm, and what was spent. */
export class Observations {
  /** By arm. */
  readonly asked: Float64Array;
  readonly meanReward: Float64Array;
  readonly meanCost: Float64Array;
  /** The highest mean cost of an arm so far. */
  dearest = 0;
  spent = 0;
  requests = 0;

  constructor(arms: number) {
    this.asked = new Float64Array(arms);
    this.meanReward = new Float64Array(arms);
    this.meanCost = new Float64Array(arms);
  }

  add(arm: number, reward: number, cost: number): void {
    const asked = ++this.asked[arm]!;
    this.meanReward[arm]! += (reward - this.meanReward[arm]!) / asked;
    this.meanCost[arm]! += (cost - this.meanCost[arm]!) / asked;
    if (this.meanCost[arm]! > this.dearest) this.dearest = this.meanCost[arm]!;
    this.spent += cost;
    this.requests++;
  }

  /** Of those that were asked; the first where none was. @param arms not empty */
  cheapest(arms: readonly number[]): number {
    let best = -1;
    for (const arm of arms)
      if (this.asked[arm]! > 0 && (best < 0 || this.meanCost[arm]! < this.meanCost[best]!)) best = arm;
    return best < 0 ? arms[0]! : best;
  }

  /** The highest mean reward among arms whose mean cost is within the budget, else the cheapest. @param arms not empty */
  bestWithin(arms: readonly number[], budget: number): number {
    let best = -1;
    for (const arm of arms)
      if (
        this.asked[arm]! > 0 &&
        this.meanCost[arm]! <= budget &&
        (best < 0 || this.meanReward[arm]! > this.meanReward[best]!)
      )
        best = arm;
    return best < 0 ? this.cheapest(arms) : best;
  }
}
