/** Ties calls to what answers them, such as a worker: when that ends, no call goes on waiting for it. */
export interface Lifeline {
  /** The call's own outcome, or the error that the lifeline ended with, if that comes first. */
  guard<T>(call: () => Promise<T>): Promise<T>;
  /** Rejects the calls under way and all later ones. Only the first error counts. */
  end(error: Error): void;
  ended(): boolean;
}

/** @param onBusy,onIdle called when the first call comes under way, and when none is any more */
export function createLifeline({
  onBusy,
  onIdle,
}: { readonly onBusy?: () => void; readonly onIdle?: () => void } = {}): Lifeline {
  // A race against one long-lived promise would keep every finished call in memory.
  const waiting = new Set<(error: Error) => void>();
  let endedWith: Error | undefined;
  return {
    guard(call) {
      if (endedWith) return Promise.reject(endedWith);
      return new Promise((resolve, reject) => {
        if (waiting.size === 0) onBusy?.();
        waiting.add(reject);
        const finish = (): void => {
          if (waiting.delete(reject) && waiting.size === 0) onIdle?.();
        };
        call().then(
          (value) => {
            finish();
            resolve(value);
          },
          (error: unknown) => {
            finish();
            reject(error as Error);
          },
        );
      });
    },
    end(error) {
      endedWith ??= error;
      for (const reject of waiting) reject(endedWith);
      waiting.clear();
    },
    ended: () => endedWith !== undefined,
  };
}
