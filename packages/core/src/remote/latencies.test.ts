import { expect, it } from 'vitest';
import { createLatencies } from './latencies.js';

it('says nothing of a tail before it has seen enough calls', () => {
  const latencies = createLatencies();
  for (let i = 0; i < 19; i++) latencies.add(i);
  expect(latencies.quantileMs(0.5)).toBeUndefined();
  latencies.add(19);
  expect(latencies.quantileMs(0.5)).toBe(9);
  expect(latencies.quantileMs(0.9)).toBe(17);
});

it('follows a network that changes', () => {
  const latencies = createLatencies();
  for (let i = 0; i < 500; i++) latencies.add(10);
  for (let i = 0; i < 128; i++) latencies.add(200);
  expect(latencies.quantileMs(0.5)).toBe(200);
});
