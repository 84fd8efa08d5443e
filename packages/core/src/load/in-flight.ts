/** Shares the work of equal keys while it is under way. A failure is told to all who wait and then forgotten. */
export function inFlight<T>(): (key: string, start: () => Promise<T>) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return (key, start) => {
    const shared = running.get(key);
    if (shared) return shared;
    const work = start().finally(() => running.delete(key));
    running.set(key, work);
    return work;
  };
}
