import type { Random } from '../support/kill-at-random.js';

/** What one kill led to. */
export interface Strike {
  /** Where the kill came, in the words of the scenario; undefined when the process had ended by itself. */
  readonly stage: string | undefined;
  /** States that must never be, each in a sentence. */
  readonly corrupt: readonly string[];
  /** What was acknowledged and is gone. */
  readonly lost: readonly string[];
}

/** Something that is killed over and over. */
export interface Scenario {
  readonly name: string;
  /** Starts it, kills it, looks at what is left, and lets the next run of it succeed. */
  strike(random: Random): Promise<Strike>;
  /** Other figures, at the end. */
  figures(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export interface Tally {
  readonly name: string;
  readonly kills: number;
  readonly stages: Readonly<Record<string, number>>;
  readonly corrupt: readonly string[];
  readonly lost: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

/** A process that ends before its kill is no kill: it is tried again, but not for ever. */
const TRIES_PER_KILL = 10;

/** Kills until there were so many kills. The first state that must not be ends it: what follows it says nothing. */
export async function soak(scenario: Scenario, { kills, random }: { kills: number; random: Random }): Promise<Tally> {
  const stages: Record<string, number> = {};
  const corrupt: string[] = [];
  const lost: string[] = [];
  let killed = 0;
  try {
    for (let tries = 0; killed < kills && corrupt.length + lost.length === 0; tries++) {
      if (tries >= kills * TRIES_PER_KILL) throw new Error(`${scenario.name} ends before it can be killed`);
      const strike = await scenario.strike(random);
      corrupt.push(...strike.corrupt);
      lost.push(...strike.lost);
      if (strike.stage === undefined) continue;
      killed += 1;
      stages[strike.stage] = (stages[strike.stage] ?? 0) + 1;
    }
    return { name: scenario.name, kills: killed, stages, corrupt, lost, figures: scenario.figures() };
  } finally {
    await scenario.close();
  }
}

/** Figures as text, for people. */
export function describeTally({ name, kills, stages, corrupt, lost, figures }: Tally): string {
  const listed = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .map(([what, count]) => `${what} ${count}`)
      .join(', ');
  return [
    `${name}: ${kills} kills (${listed(stages)}); corrupt: ${corrupt.length}, lost: ${lost.length}; ${listed(figures)}`,
    ...corrupt.map((what) => `  corrupt: ${what}`),
    ...lost.slice(0, 10).map((what) => `  lost: ${what}`),
  ].join('\n');
}
