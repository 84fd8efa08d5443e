/** Points of a curve; as many as a plot can show. */
const POINTS = 100;

/** Sums over a simulation, and how they grew. Nothing is allocated while it counts. */
export class Tally {
  reward = 0;
  spent = 0;
  regret = 0;
  asked = 0;
  readonly curve: { readonly asked: number[]; readonly regret: number[]; readonly spent: number[] } = {
    asked: [],
    regret: [],
    spent: [],
  };
  readonly #requests: number;
  readonly #points: number;
  #next: number;

  /** @param requests how many will be counted */
  constructor(requests: number) {
    this.#requests = requests;
    this.#points = Math.min(POINTS, requests);
    this.#next = this.#pointAfter(0);
  }

  add(reward: number, cost: number, regret: number): void {
    this.reward += reward;
    this.spent += cost;
    this.regret += regret;
    if (++this.asked === this.#next) this.#mark();
  }

  #mark(): void {
    this.curve.asked.push(this.asked);
    this.curve.regret.push(this.regret);
    this.curve.spent.push(this.spent);
    this.#next = this.#pointAfter(this.curve.asked.length);
  }

  #pointAfter(marked: number): number {
    return Math.round(((marked + 1) * this.#requests) / this.#points);
  }
}
