/** One figure: what was asked for, what was measured, and whether it holds. */
export interface Figure {
  readonly name: string;
  readonly wanted: string;
  readonly measured: string;
  readonly holds: boolean;
}

export function printFigures(title: string, figures: readonly Figure[]): void {
  console.log(`\n## ${title}`);
  for (const { name, wanted, measured, holds } of figures) {
    console.log(`${holds ? 'ok  ' : 'MISS'} ${name}: ${measured} (wanted ${wanted})`);
  }
}

/** Deterministic randomness, so that a run can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled(count: number, random: () => number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
