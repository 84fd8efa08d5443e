import { EngineError } from '@terrace/core/engine';
import { describeMipSolverContract } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { createSolverThread } from './solver-thread.js';

const workerUrl = new URL('../../dist/bundle/solver-worker.js', import.meta.url);

describeMipSolverContract('HiGHS in a thread of its own', () => createSolverThread(workerUrl));

it('neither leaves a program that is under way waiting when it is closed, nor begins another', async () => {
  const solver = createSolverThread(workerUrl);
  const one = Float64Array.of(1);
  const program = { objective: one, upper: one, whole: Uint8Array.of(1), rows: [] };
  const underWay = solver.solve(program).catch((error: unknown) => error);
  const waiting = solver.solve(program).catch((error: unknown) => error);
  await solver.close();
  expect(EngineError.isInstance(await underWay)).toBe(true);
  expect(EngineError.isInstance(await waiting)).toBe(true);
});
