import { expect, it } from 'vitest';
import { createTurns } from './turns.js';

const later = <T>(value: T): Promise<T> => new Promise((resolve) => setImmediate(resolve, value));
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

it('makes one call at a time, in order', async () => {
  const turns = createTurns();
  const events: string[] = [];
  const call = (name: string) => async (): Promise<string> => {
    events.push(`${name} begins`);
    await later(undefined);
    events.push(`${name} ends`);
    return name;
  };
  expect(await Promise.all(['a', 'b'].map((name) => turns(call(name))))).toEqual(['a', 'b']);
  expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

it('goes on after a call that failed', async () => {
  const turns = createTurns();
  const failed = turns(() => Promise.reject(new Error('no')));
  const after = turns(() => later('yes'));
  expect(await reasonOf(failed)).toMatchObject({ message: 'no' });
  expect(await after).toBe('yes');
});

it('never makes a call that was aborted while it waited, and tells its caller at once', async () => {
  const turns = createTurns();
  const controller = new AbortController();
  const made: string[] = [];
  let finish = (): void => undefined;
  const first = turns(() => new Promise<void>((resolve) => (finish = resolve)));
  const waiting = turns(async () => made.push('waiting'), controller.signal);
  const last = turns(async () => made.push('last'));
  const reason = new Error('changed my mind');
  controller.abort(reason);
  expect(await reasonOf(waiting)).toBe(reason);
  expect(made).toEqual([]);
  finish();
  await Promise.all([first, last]);
  expect(made).toEqual(['last']);
});

it('does not begin a call whose signal is already aborted', async () => {
  const turns = createTurns();
  const made: string[] = [];
  const reason = new Error('too late');
  expect(await reasonOf(turns(async () => made.push('late'), AbortSignal.abort(reason)))).toBe(reason);
  await turns(async () => undefined);
  expect(made).toEqual([]);
});

it('lets an abort end the wait for a call under way, and waits for it before the next', async () => {
  const turns = createTurns();
  const controller = new AbortController();
  const events: string[] = [];
  let finish = (): void => undefined;
  const call = (): Promise<void> => new Promise((resolve) => (finish = resolve));
  const underWay = turns(() => call().then(() => void events.push('first ended')), controller.signal);
  await later(undefined);
  const next = turns(async () => void events.push('second began'));
  controller.abort(new Error('enough'));
  expect(await reasonOf(underWay)).toMatchObject({ message: 'enough' });
  await later(undefined);
  expect(events).toEqual([]);
  finish();
  await next;
  expect(events).toEqual(['first ended', 'second began']);
});

it('leaves no listener on the signal of a call that is over', async () => {
  const turns = createTurns();
  const { signal } = new AbortController();
  const counts = { added: 0, removed: 0 };
  const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
  signal.addEventListener = (...args: Parameters<typeof add>) => (counts.added++, add(...args));
  signal.removeEventListener = (...args: Parameters<typeof remove>) => (counts.removed++, remove(...args));
  await turns(() => later('done'), signal);
  await later(undefined);
  expect(counts).toEqual({ added: 1, removed: 1 });
});
