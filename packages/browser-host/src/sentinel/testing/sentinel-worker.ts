import type { Clock, Crash, EngineError, EngineModel } from '@terrace/core';
import { expose } from 'comlink';
import { systemClock } from '../../system-clock.js';
import type { Mark } from '../mark.js';
import { openSentinel, type CrashesModule, type Sentinel } from '../open-sentinel.js';

export interface SentinelSettings {
  readonly name: string;
  readonly owner: string;
  readonly left?: readonly string[];
  readonly wallMs: number;
  /** The rules do not come. */
  readonly lacksRules?: boolean;
  /** The browser refuses the site its private files. */
  readonly forbidsFiles?: boolean;
}

/** A runtime's sentinel in a worker, which a test can end like a page that dies. */
export interface SentinelWorker {
  open(settings: SentinelSettings): Promise<void>;
  /** Begins work that lasts until `end`. */
  begin(mark: Mark): Promise<void>;
  /** Ends all that was begun, and what lingers after it. */
  end(): Promise<void>;
  crashes(): Promise<Crash[]>;
  proved(mark: Mark): Promise<void>;
  mayLoadAhead(mark: Mark): Promise<boolean>;
  /** @returns why it may not be loaded */
  refusal(mark: Mark): Promise<Pick<EngineError, 'code' | 'message' | 'hint'> | undefined>;
  close(): Promise<void>;
}

let sentinel: Sentinel | undefined;
let ends: (() => void)[] = [];

const worker: SentinelWorker = {
  async open({ left = [], wallMs, lacksRules = false, forbidsFiles = false, ...plain }) {
    Reflect.deleteProperty(navigator.storage, 'getDirectory');
    if (forbidsFiles) {
      const refuse = (): Promise<never> => Promise.reject(new DOMException('not for this site', 'SecurityError'));
      Object.assign(navigator.storage, { getDirectory: refuse });
    }
    const clock: Clock = {
      ...systemClock,
      wallMs: () => wallMs,
      // However long a write takes.
      nowMs: () => 0,
      // Nothing lingers; a database may take its time.
      sleep: (delayMs, signal) => systemClock.sleep(delayMs > 1000 ? delayMs : 0, signal),
    };
    const load = (): Promise<CrashesModule> =>
      lacksRules ? Promise.reject(new Error('offline')) : import('../past-crashes.js');
    sentinel = await openSentinel({ ...plain, left, clock, load });
  },
  async begin(mark) {
    void sentinel?.during(mark, () => new Promise<void>((end) => ends.push(end)));
  },
  async end() {
    for (const end of ends) end();
    ends = [];
    await systemClock.sleep(50);
  },
  crashes: async () => sentinel?.past?.current?.() ?? [],
  proved: async (mark) => sentinel?.past?.proved?.(mark),
  mayLoadAhead: async (mark) => !sentinel?.past || sentinel.past.mayLoadAhead?.(mark) === true,
  async refusal(mark) {
    try {
      sentinel?.past?.requireAllowed?.(mark as unknown as EngineModel);
      return undefined;
    } catch (error) {
      const { code, message, hint } = error as EngineError;
      return { code, message, hint };
    }
  },
  close: async () => sentinel?.close(),
};

expose(worker, self as unknown as Parameters<typeof expose>[1]);
