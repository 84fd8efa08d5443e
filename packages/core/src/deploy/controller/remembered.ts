/** A set that forgets what it was told first, so that it never fills the memory. */
export class Remembered {
  readonly #most: number;
  readonly #known = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  /** @returns whether it is new */
  add(id: string): boolean {
    if (this.#known.has(id)) return false;
    this.#known.add(id);
    if (this.#known.size > this.#most) this.#known.delete(this.#known.values().next().value!);
    return true;
  }

  has(id: string): boolean {
    return this.#known.has(id);
  }
}
