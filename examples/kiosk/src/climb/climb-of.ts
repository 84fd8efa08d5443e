import type { Result, TraceEvent } from '@terrace/browser-host';

export type Placement = Result['placement'];

/** What became of one rung of the ladder. */
export type RungOutcome =
  /** The request is still on its way. */
  | { readonly kind: 'open' }
  | { readonly kind: 'accepted' }
  /** No tier was asked: the same question was, so long ago. */
  | { readonly kind: 'remembered'; readonly ageMs: number }
  /** It answered and was not believed, or a larger one was worth asking. */
  | { readonly kind: 'unsure'; readonly reason: string }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'not-needed' }
  | { readonly kind: 'failed'; readonly message: string };

export interface Rung {
  readonly tier: string;
  readonly placement: Placement;
  readonly outcome: RungOutcome;
  /** P(right) of all that was known when this rung had answered, in [0, 1]. */
  readonly confidence: number | undefined;
  /** What it had to reach; undefined where the request demanded nothing. */
  readonly threshold: number | undefined;
  /** Until it had answered, waiting included. */
  readonly tookMs: number | undefined;
  /** What bringing its model into memory took, where that was still to do. */
  readonly loadMs: number | undefined;
}

/** The step below all tiers: answers that were given before. No tier is called so. */
export const MEMORY = 'memory:';

/**
 * The climb of one request, as far as it has come: lightest rung first, read from its trace.
 * @param placements of tiers that are not on the device
 */
export function climbOf(trace: readonly TraceEvent[], placements: ReadonlyMap<string, Placement> = new Map()): Rung[] {
  const rungs = new Map<string, Rung>();
  const note = (tier: string, known: Partial<Rung>): void => {
    const before = rungs.get(tier) ?? untouched(tier, placements.get(tier) ?? 'device');
    rungs.set(tier, { ...before, ...known });
  };
  let last: string | undefined;
  let isOver = false;
  for (const event of trace) {
    switch (event.kind) {
      case 'plan':
        for (const tier of event.ladder) note(tier, {});
        break;
      case 'load':
        note(event.tier, { loadMs: event.durationMs });
        break;
      case 'run':
        note(event.tier, { tookMs: event.durationMs });
        break;
      case 'call':
        note(event.tier, { tookMs: event.durationMs, placement: event.placement });
        break;
      case 'judge':
        last = event.path.at(-1)!;
        note(last, { confidence: event.confidence, threshold: event.threshold });
        break;
      case 'climb':
        note(event.from, { outcome: { kind: 'unsure', reason: event.reason } });
        for (const tier of between([...rungs.keys()], event)) note(tier, { outcome: { kind: 'skipped' } });
        break;
      case 'failed':
        note(event.tier, { outcome: { kind: 'failed', message: event.message } });
        break;
      case 'cache':
        note(MEMORY, { outcome: { kind: 'remembered', ageMs: event.ageMs }, tookMs: event.atMs });
        break;
      case 'stop':
        isOver = true;
        if (last !== undefined) note(last, { outcome: ending(event.reason) });
        break;
      case 'hedge':
      case 'narrow':
      case 'route':
      case 'budget':
      case 'queued':
      case 'warning':
        break;
      default:
        event satisfies never;
    }
  }
  const climb = [...rungs.values()];
  return isOver ? climb.map((rung) => (rung.outcome.kind === 'open' ? { ...rung, outcome: NOT_NEEDED } : rung)) : climb;
}

const NOT_NEEDED: RungOutcome = { kind: 'not-needed' };

const untouched = (tier: string, placement: Placement): Rung => ({
  tier,
  placement,
  outcome: { kind: 'open' },
  confidence: undefined,
  threshold: undefined,
  tookMs: undefined,
  loadMs: undefined,
});

function between(ladder: readonly string[], { from, to }: { readonly from: string; readonly to: string }): string[] {
  return ladder.slice(ladder.indexOf(from) + 1, ladder.indexOf(to));
}

/** Reasons to stop that leave the answer short of what was demanded. */
const SHORT: ReadonlySet<string> = new Set(['confidence', 'risk', 'uncertified', 'language', 'drift']);

const ending = (reason: string): RungOutcome => (SHORT.has(reason) ? { kind: 'unsure', reason } : { kind: 'accepted' });
