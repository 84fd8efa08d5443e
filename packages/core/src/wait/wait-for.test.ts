import { expect, it } from 'vitest';
import { waitFor } from './wait-for.js';

const forever = new Promise<never>(() => undefined);

it('gives the outcome of the work, with a signal and without', async () => {
  const { signal } = new AbortController();
  expect(await waitFor(Promise.resolve(1), signal)).toBe(1);
  expect(await waitFor(Promise.resolve(2), undefined)).toBe(2);
  await expect(waitFor(Promise.reject(new Error('broken')), signal)).rejects.toThrow('broken');
});

it('ends with the reason of the signal, whether it has aborted or aborts', async () => {
  const stop = new AbortController();
  const waiting = waitFor(forever, stop.signal);
  stop.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(waitFor(forever, stop.signal)).rejects.toThrow('enough');
});
