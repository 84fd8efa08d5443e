import { fromEnvelope, type ErrorEnvelope } from '@terrace/core/engine';

/** Work that the page may end by the id it gave. */
export interface AbortableWork {
  run<T>(callId: number, work: (signal: AbortSignal) => Promise<T>): Promise<T>;
  abort(callId: number, reason: ErrorEnvelope): void;
}

export function createAbortableWork(): AbortableWork {
  const underWay = new Map<number, AbortController>();
  return {
    async run(callId, work) {
      const control = new AbortController();
      underWay.set(callId, control);
      try {
        return await work(control.signal);
      } finally {
        underWay.delete(callId);
      }
    },
    abort: (callId, reason) => underWay.get(callId)?.abort(fromEnvelope(reason)),
  };
}
