import type { Neighbour } from '../ports/vector-index.js';

/** The best so far, best first; equal ones by id. */
export class NearestList {
  readonly #most: number;
  readonly #best: Neighbour[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get all(): readonly Neighbour[] {
    return this.#best;
  }

  offer(id: number, cosine: number): void {
    const best = this.#best;
    const isFull = best.length >= this.#most;
    if (isFull && !isBefore(id, cosine, best.at(-1))) return;
    let [from, to] = [0, best.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (isBefore(id, cosine, best[middle])) to = middle;
      else from = middle + 1;
    }
    if (isFull) best.pop();
    best.splice(from, 0, { id, cosine });
  }
}

const isBefore = (id: number, cosine: number, other: Neighbour | undefined): boolean =>
  other !== undefined && (cosine > other.cosine || (cosine === other.cosine && id < other.id));
