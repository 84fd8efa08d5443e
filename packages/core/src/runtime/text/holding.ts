/** How long the first tokens of a tier are held back, so that a higher one may take over unseen. */
export interface Holding {
  /** When it is decided at the latest, on the clock's steady scale; not before the first token has come. */
  readonly untilMs: number;
  /** Whether there is enough to decide on, or no time left. */
  readonly isDue: boolean;
}

/** What is decided on so many tokens, or after so long. Pure. */
export function holding({
  tokens,
  firstTokens,
  firstAtMs,
  holdMs,
  deadlineAtMs,
  nowMs,
}: {
  readonly tokens: number;
  /** On how many it is decided. */
  readonly firstTokens: number;
  /** When the first one came; undefined before that. */
  readonly firstAtMs: number | undefined;
  readonly holdMs: number;
  readonly deadlineAtMs: number;
  readonly nowMs: number;
}): Holding {
  if (firstAtMs === undefined) return { untilMs: Infinity, isDue: false };
  const untilMs = Math.min(firstAtMs + holdMs, deadlineAtMs);
  return { untilMs, isDue: tokens >= firstTokens || nowMs >= untilMs };
}
