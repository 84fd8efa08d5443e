/**
 * Does the work for every item, some at a time, and gives what comes of it in the order of the items. After a failure
 * nothing new is begun; what has begun is waited for, and the failure of the earliest item is thrown.
 */
export async function runEach<T, R>(
  items: readonly T[],
  atOnce: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results = Array.from<R>({ length: items.length });
  const failures: { readonly index: number; readonly error: unknown }[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && failures.length === 0) {
      const index = next++;
      try {
        results[index] = await work(items[index]!, index);
      } catch (error) {
        failures.push({ index, error });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  const [earliest] = failures.toSorted((a, b) => a.index - b.index);
  if (earliest) throw earliest.error;
  return results;
}
