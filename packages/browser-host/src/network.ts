/** The network as the runtime's worker uses it. */
export interface Network {
  readonly fetch: typeof globalThis.fetch;
  isOnline(): boolean;
  /** Told whenever the network is back. */
  onBack(listener: () => void): void;
}

/** A network that a page may pretend to be without. */
export interface SwitchedNetwork extends Network {
  /** Until it is taken back every fetch fails at once, those under way included. */
  setOffline(isOffline: boolean): void;
}

export function createNetwork(): SwitchedNetwork {
  const listeners: (() => void)[] = [];
  const tell = (): void => listeners.forEach((listener) => listener());
  let cut = new AbortController();
  addEventListener('online', tell);
  return {
    fetch: (input, init) => fetch(input, { ...init, signal: AbortSignal.any([cut.signal, init?.signal ?? []].flat()) }),
    isOnline: () => navigator.onLine && !cut.signal.aborted,
    onBack: (listener) => void listeners.push(listener),
    setOffline(isOffline) {
      if (isOffline) return cut.abort(new TypeError('the page pretends to be offline'));
      if (!cut.signal.aborted) return;
      cut = new AbortController();
      tell();
    },
  };
}
