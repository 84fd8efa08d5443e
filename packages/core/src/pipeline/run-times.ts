/** How long tiers took of late: enough to tell whether one is worth starting before a deadline. */
export interface RunTimes {
  add(tier: string, durationMs: number): void;
  /** Of the latest few runs the longest; 0 before the first. */
  msOf(tier: string): number;
}

/** The first run of a tier loads it, and must not speak for it for long. */
const REMEMBERED = 5;

export function createRunTimes(): RunTimes {
  const latest = new Map<string, readonly number[]>();
  return {
    add: (tier, durationMs) => void latest.set(tier, [durationMs, ...(latest.get(tier) ?? [])].slice(0, REMEMBERED)),
    msOf: (tier) => Math.max(0, ...(latest.get(tier) ?? [])),
  };
}
