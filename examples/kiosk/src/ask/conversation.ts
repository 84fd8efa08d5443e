import type { Result, TraceEvent } from '@terrace/browser-host';
import { answerOf, type Answer } from '../answer/answer-of.js';
import { climbOf, type Placement, type Rung } from '../climb/climb-of.js';
import { DEMAND_OF } from '../desks/demands.js';
import { EMPTY_LOG, withClimb, type LatencyLog } from '../latency/latency-log.js';
import type { Opened, Session } from '../runtime/session.js';
import type { DeskId, Settings } from '../settings/settings.js';
import { Observable } from '../state/observable.js';

/** A question that was answered, with how. */
export interface Answered {
  readonly text: string;
  readonly desk: DeskId;
  readonly result: Result;
  readonly answer: Answer;
  readonly climb: readonly Rung[];
  /** Of the desk, for who says that the answer was wrong. */
  readonly labels: readonly string[];
}

export type Turn =
  | { readonly kind: 'none' }
  | { readonly kind: 'asking'; readonly text: string; readonly climb: readonly Rung[] }
  | ({ readonly kind: 'answered' } & Answered)
  | { readonly kind: 'failed'; readonly text: string; readonly error: unknown };

/** One question at a time: a new one ends the one before. */
export class Conversation {
  readonly turn = new Observable<Turn>({ kind: 'none' });
  readonly latencies = new Observable<LatencyLog>(EMPTY_LOG);
  readonly #session: Session;
  #underWay: AbortController | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  async ask(text: string, settings: Settings): Promise<void> {
    this.#underWay?.abort();
    const own = new AbortController();
    this.#underWay = own;
    const tell = (turn: Turn): void => {
      if (!own.signal.aborted) this.turn.set(turn);
    };
    tell({ kind: 'asking', text, climb: [] });
    try {
      const onClimb = (climb: readonly Rung[]): void => tell({ kind: 'asking', text, climb });
      const { opened, placements, result } = await this.#session.withRuntime(settings, async (runtime) => {
        const known = placementsOf(runtime, settings);
        const asked = { text, settings, placements: known, onClimb, signal: own.signal };
        return { opened: runtime, placements: known, result: await follow(runtime, asked) };
      });
      const climb = climbOf(result.trace, placements);
      const { labels, outOfScopeLabel } = labelsOf(opened, settings.desk);
      const answer = answerOf(result, outOfScopeLabel);
      tell({ kind: 'answered', text, desk: settings.desk, result, answer, climb, labels });
      this.latencies.set(withClimb(this.latencies.value, climb));
      // Without it the next question is answered as this one was.
      if (settings.remembers) void this.#session.remember().catch(() => undefined);
    } catch (error) {
      tell({ kind: 'failed', text, error });
    }
  }

  clear(): void {
    this.#underWay?.abort();
    this.turn.set({ kind: 'none' });
  }
}

interface Ask {
  readonly text: string;
  readonly settings: Settings;
  readonly placements: ReadonlyMap<string, Placement>;
  readonly onClimb: (climb: readonly Rung[]) => void;
  readonly signal: AbortSignal;
}

/** The result, told step by step. */
async function follow(opened: Opened, { text, settings, placements, onClimb, signal }: Ask): Promise<Result> {
  const { runtime, remembering = runtime } = opened;
  // What the switch says, however far it is with bringing or forgetting answers.
  const answering = settings.remembers ? remembering : runtime;
  const trace: TraceEvent[] = [];
  const request = { text, domain: settings.desk, ...DEMAND_OF[settings.demand] };
  for await (const step of answering.stream(request, { signal })) {
    if (step.kind === 'result') return step.result;
    if (step.kind !== 'trace') continue;
    trace.push(step.event);
    onClimb(climbOf(trace, placements));
  }
  throw new Error('the stream ended without a result');
}

const placementsOf = ({ catalog }: Opened, { servers }: Settings): ReadonlyMap<string, Placement> =>
  new Map([...(catalog.endpoints ?? []), ...servers].map(({ id, placement }) => [id, placement]));

function labelsOf({ catalog }: Opened, desk: DeskId) {
  const delta = catalog.deltas.find(({ domain }) => domain === desk);
  return { labels: delta?.labels ?? [], outOfScopeLabel: delta?.outOfScopeLabel };
}
