/** A ladder in use, and the challenger that wants its place. */
export interface LadderChoiceState<T> {
  readonly current: T;
  readonly challenger: { readonly value: T; readonly sinceMs: number } | undefined;
}

/**
 * Which ladder to use when the recommendation changes. A better one must stay better for `holdMs`
 * before it takes over, because a switch costs a load; one that no longer fits is left at once. Pure.
 */
export function settle<T>({
  state,
  proposed,
  same,
  stillFits,
  nowMs,
  holdMs,
}: {
  state: LadderChoiceState<T> | undefined;
  proposed: T;
  same: (a: T, b: T) => boolean;
  /** Whether the current ladder can still run at all. */
  stillFits: (current: T) => boolean;
  nowMs: number;
  holdMs: number;
}): LadderChoiceState<T> {
  if (!state || !stillFits(state.current)) return { current: proposed, challenger: undefined };
  // The same rungs with newer estimates are no switch.
  if (same(state.current, proposed)) return { current: proposed, challenger: undefined };
  const challenger =
    state.challenger && same(state.challenger.value, proposed) ? state.challenger : { value: proposed, sinceMs: nowMs };
  return nowMs - challenger.sinceMs >= holdMs
    ? { current: proposed, challenger: undefined }
    : { current: state.current, challenger };
}
