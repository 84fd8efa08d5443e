import type { TextStep } from '@terrace/browser-host/text';
import type { Placement } from '../climb/climb-of.js';

type TextTraceEvent = Extract<TextStep, { kind: 'trace' }>['event'];

/** What a rung is at, or what became of it. */
export type ChatRungState =
  /** Not asked yet. */
  | { readonly kind: 'waiting' }
  /** It writes, and nothing of that is shown: a larger one may take over unseen. */
  | { readonly kind: 'held' }
  | { readonly kind: 'writing' }
  | { readonly kind: 'wrote' }
  /** What it wrote was thrown away, or is gone on with by another one. */
  | { readonly kind: 'left'; readonly why: string; readonly wasShown: boolean }
  /** Another one may have gone on with what it had shown. */
  | { readonly kind: 'failed'; readonly message: string; readonly isGoneOnWith: boolean }
  /** The reader had enough. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'not-needed' };

export interface ChatRung {
  readonly tier: string;
  readonly placement: Placement;
  readonly state: ChatRungState;
  /** P(right), in [0, 1]; undefined where nobody measured it. */
  readonly confidence: number | undefined;
  readonly tokens: number | undefined;
  readonly firstTokenMs: number | undefined;
}

/**
 * The ladder of one answer, as far as it has come: lightest rung first, read from the trace.
 * @param placements of tiers that are not on the device
 */
export function ladderOf(
  trace: readonly TextTraceEvent[],
  placements: ReadonlyMap<string, Placement> = new Map(),
): ChatRung[] {
  const rungs = new Map<string, ChatRung>();
  const note = (tier: string, known: Partial<ChatRung>): void => {
    const before = rungs.get(tier) ?? untouched(tier, placements.get(tier) ?? 'device');
    rungs.set(tier, { ...before, ...known });
  };
  const isShown = (tier: string): boolean => rungs.get(tier)?.state.kind === 'writing';
  const pass = ({ kind, from, to, reason }: Extract<TextTraceEvent, { kind: 'climb' | 'handover' }>): void => {
    const before = rungs.get(from)?.state;
    // One that failed has told why already.
    if (before?.kind === 'failed') note(from, { state: { ...before, isGoneOnWith: kind === 'handover' } });
    else note(from, { state: { kind: 'left', why: reason, wasShown: isShown(from) } });
    note(to, { state: { kind: 'held' } });
  };
  for (const event of trace) {
    switch (event.kind) {
      case 'plan':
        event.ladder.forEach((tier, at) => note(tier, { state: { kind: at === 0 ? 'held' : 'waiting' } }));
        break;
      case 'call':
        note(event.tier, { placement: event.placement });
        break;
      case 'shown':
        note(event.tier, { state: { kind: 'writing' }, confidence: event.confidence });
        break;
      case 'generate':
        note(event.tier, { tokens: event.outputTokens, firstTokenMs: event.firstTokenMs });
        break;
      case 'judge':
        note(event.path.at(-1)!, { confidence: event.confidence });
        break;
      case 'climb':
      case 'handover':
        pass(event);
        break;
      case 'failed':
        note(event.tier, { state: { kind: 'failed', message: event.message, isGoneOnWith: false } });
        break;
      case 'stop':
        for (const { tier, state } of rungs.values()) note(tier, { state: endOf(state) });
        break;
      case 'load':
      case 'run':
      case 'hedge':
      case 'narrow':
      case 'route':
      case 'budget':
      case 'cache':
      case 'queued':
      case 'warning':
        break;
      default:
        event satisfies never;
    }
  }
  return [...rungs.values()];
}

/** The ladder of an answer that nobody waits for any longer. */
export const stopped = (ladder: readonly ChatRung[]): ChatRung[] =>
  ladder.map((rung) => {
    const { kind } = rung.state;
    if (kind === 'waiting') return { ...rung, state: { kind: 'not-needed' } };
    return kind === 'held' || kind === 'writing' ? { ...rung, state: { kind: 'stopped' } } : rung;
  });

const untouched = (tier: string, placement: Placement): ChatRung => ({
  tier,
  placement,
  state: { kind: 'waiting' },
  confidence: undefined,
  tokens: undefined,
  firstTokenMs: undefined,
});

function endOf(state: ChatRungState): ChatRungState {
  if (state.kind === 'waiting') return { kind: 'not-needed' };
  return state.kind === 'held' || state.kind === 'writing' ? { kind: 'wrote' } : state;
}
