import { expect, it } from 'vitest';
import { createLifeline } from './lifeline.js';

const forever = (): Promise<never> => new Promise(() => undefined);
const reasonOf = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error);

it('gives the outcome of a call while it lasts', async () => {
  const life = createLifeline();
  expect(await life.guard(async () => 1)).toBe(1);
  const broken = new Error('broken');
  expect(await reasonOf(life.guard(() => Promise.reject(broken)))).toBe(broken);
  expect(life.ended()).toBe(false);
});

it('rejects the calls under way and all later ones with what it ended with first', async () => {
  const life = createLifeline();
  const underWay = [reasonOf(life.guard(forever)), reasonOf(life.guard(forever))];
  const [first, second] = [new Error('first'), new Error('second')];
  life.end(first);
  life.end(second);
  expect(await Promise.all(underWay)).toEqual([first, first]);
  const made: string[] = [];
  expect(await reasonOf(life.guard(async () => made.push('late')))).toBe(first);
  expect(made).toEqual([]);
  expect(life.ended()).toBe(true);
});

it('tells when it becomes busy and idle, however many calls there are in between', async () => {
  const told: string[] = [];
  const life = createLifeline({ onBusy: () => told.push('busy'), onIdle: () => told.push('idle') });
  await Promise.all([life.guard(async () => 1), life.guard(async () => 2)]);
  await reasonOf(life.guard(() => Promise.reject(new Error('no'))));
  expect(told).toEqual(['busy', 'idle', 'busy', 'idle']);
});
