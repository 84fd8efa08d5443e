import { expect, it, vi } from 'vitest';
import { createOpenSessions } from './open-sessions.js';

const session = (letGo: () => void) => ({ release: vi.fn<() => Promise<void>>(async () => letGo()) });

it('loads one after the other', async () => {
  const open = createOpenSessions();
  const order: string[] = [];
  const load = (id: string) =>
    open.load(id, undefined, async (letGo) => {
      order.push(`${id} begins`);
      await Promise.resolve();
      order.push(`${id} ends`);
      return session(letGo);
    });
  await Promise.all([load('a'), load('b')]);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

it('lets go of what is open when it closes, and of nothing twice', async () => {
  const open = createOpenSessions<ReturnType<typeof session>>();
  const kept = await open.load('a', undefined, async (letGo) => session(letGo));
  const gone = await open.load('b', undefined, async (letGo) => session(letGo));
  await gone.release();
  await open.close();
  expect([kept, gone].map(({ release }) => release.mock.calls.length)).toEqual([1, 1]);
  await expect(open.load('c', undefined, async (letGo) => session(letGo))).rejects.toThrow('c');
});

it('keeps nothing that is loaded only after it was closed', async () => {
  const open = createOpenSessions<ReturnType<typeof session>>();
  let finish!: () => void;
  const made: ReturnType<typeof session>[] = [];
  const loading = open.load('a', undefined, async (letGo) => {
    await new Promise<void>((resolve) => (finish = resolve));
    made.push(session(letGo));
    return made[0]!;
  });
  await Promise.resolve();
  await open.close();
  finish();
  await expect(loading).rejects.toThrow('a');
  expect(made[0]!.release).toHaveBeenCalledOnce();
});
