/** Hands out results of one stream in the order in which they were asked for, however long each takes. */
export type InOrder = <T>(stream: string | undefined, work: () => Promise<T>) => Promise<T>;

/** The work itself starts at once; only its outcome waits for the ones before it, or for none outside a stream. */
export function createInOrder(): InOrder {
  const last = new Map<string, Promise<unknown>>();
  return (stream, work) => {
    if (stream === undefined) return work();
    const before = last.get(stream);
    const started = work();
    // Whoever asked is told when it is their turn; until then nobody listens.
    started.catch(() => undefined);
    const turn = (async () => {
      // A failure before this one is told to whoever asked for that.
      await before?.catch(() => undefined);
      return started;
    })();
    last.set(stream, turn);
    const forget = (): void => {
      if (last.get(stream) === turn) last.delete(stream);
    };
    turn.then(forget, forget);
    return turn;
  };
}
