import type { Step } from './step.js';
import type { TraceEntry, TraceEvent } from './trace.js';

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };

const NOTHING: readonly Step[] = [];

/** What happens to one request, in order. Where somebody reads the steps, it keeps those that have not been read. */
export class RequestTrace {
  readonly events: TraceEvent[] = [];
  readonly #passedMs: () => number;
  /** Undefined where nobody reads: to make steps and wait for their reader takes longer than most of them. */
  #unread: Step[] | undefined;

  constructor({ passedMs, listens }: { passedMs: () => number; listens: boolean }) {
    this.#passedMs = passedMs;
    this.#unread = listens ? [] : undefined;
  }

  /** An entry is its event from then on: to copy it takes longer than to make it. */
  readonly step = (entry: TraceEntry): Step => {
    const event = entry as Mutable<TraceEvent>;
    event.atMs = this.#passedMs();
    this.events.push(event);
    return { kind: 'trace', event };
  };

  note(entry: TraceEntry): void {
    this.tell(this.step(entry));
  }

  tell(step: Step): void {
    this.#unread?.push(step);
  }

  /** What has happened since this was last asked. */
  unread(): readonly Step[] {
    const steps = this.#unread;
    if (!steps || steps.length === 0) return NOTHING;
    this.#unread = [];
    return steps;
  }
}
