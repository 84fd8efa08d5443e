import type { TextStep, TextTraceEvent } from './text-step.js';

type WithoutTime<T> = T extends unknown ? Omit<T, 'atMs'> : never;
/** An event before its time is put on it. */
export type TextTraceEntry = WithoutTime<TextTraceEvent>;

/** What happens to one text request, in order; where somebody reads the steps, those that have not been read. */
export class TextTrace {
  readonly events: TextTraceEvent[] = [];
  readonly #passedMs: () => number;
  readonly #listens: boolean;
  #unread: TextStep[] = [];

  constructor({ passedMs, listens }: { passedMs: () => number; listens: boolean }) {
    this.#passedMs = passedMs;
    this.#listens = listens;
  }

  note(entry: TextTraceEntry): void {
    const event = { atMs: this.#passedMs(), ...entry } as TextTraceEvent;
    this.events.push(event);
    if (this.#listens) this.#unread.push({ kind: 'trace', event });
  }

  /** What has happened since this was last asked. */
  unread(): readonly TextStep[] {
    const steps = this.#unread;
    this.#unread = [];
    return steps;
  }
}
