import type { Budget, Meter, PayAsk } from '../../ports/budget.js';

/**
 * A stream that a budget pays for: reserved before it begins, settled when it is over, however it ends.
 * @throws BudgetExhaustedError before anything of it is run
 */
export async function* payStream<T, R>(
  budget: Pick<Budget, 'pay'>,
  ask: PayAsk,
  stream: (meter: Meter) => AsyncGenerator<T, R>,
): AsyncGenerator<T, R> {
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  let settled: Promise<void> | undefined;
  const meter = await new Promise<Meter>((resolve, reject) => {
    settled = budget.pay(ask, async (begun) => {
      resolve(begun);
      await ended;
    });
    settled.catch(reject);
  });
  try {
    return yield* stream(meter);
  } finally {
    end();
    await settled?.catch(() => undefined);
  }
}
