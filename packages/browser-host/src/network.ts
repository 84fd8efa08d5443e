/** The network as the runtime's worker uses it. */
export interface Network {
  readonly fetch: typeof globalThis.fetch;
  isOnline(): boolean;
  /** Aborts when the given one does, and when the page begins to pretend that it is offline; at once where it does. */
  whileOnline(signal?: AbortSignal | null): AbortSignal;
  /** Told whenever the network is back. */
  onBack(listener: () => void): void;
}

/** A network that a page may pretend to be without. */
export interface SwitchedNetwork extends Network {
  /**
   * Until it is taken back every fetch fails at once, those under way included. That it is not pretended, or no longer,
   * is told as the network being back.
   */
  setOffline(isOffline: boolean): void;
}

/** Why a fetch ends, as its failure says it: nothing was sent, or something may have been. */
const pretended = (code: 'OFFLINE' | 'NETWORK_LOST'): TypeError =>
  Object.assign(new TypeError('the page pretends to be offline'), { code });

export function createNetwork(): SwitchedNetwork {
  const listeners: (() => void)[] = [];
  let cut = new AbortController();
  const whileOnline: Network['whileOnline'] = (signal) => (signal ? AbortSignal.any([cut.signal, signal]) : cut.signal);
  return {
    fetch: (input, init) => fetch(input, { ...init, signal: whileOnline(init?.signal) }),
    whileOnline,
    isOnline: () => navigator.onLine && !cut.signal.aborted,
    onBack: (listener) => void listeners.push(listener),
    setOffline(isOffline) {
      const before = cut;
      if (isOffline !== before.signal.aborted) cut = new AbortController();
      if (isOffline) {
        cut.abort(pretended('OFFLINE'));
        return before.abort(pretended('NETWORK_LOST'));
      }
      for (const listener of listeners) listener();
    },
  };
}
