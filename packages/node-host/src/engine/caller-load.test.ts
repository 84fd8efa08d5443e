import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { watchCallerLoad } from './caller-load.js';

it('is low for a thread that waits and high for one that computes', async () => {
  const load = watchCallerLoad();
  await sleep(150);
  expect(load()).toBeLessThan(0.5);
  const untilMs = performance.now() + 150;
  while (performance.now() < untilMs) await new Promise((resolve) => void setImmediate(resolve));
  expect(load()).toBeGreaterThan(0.5);
});
