import { EngineError } from '@terrace/core/engine';
import { describeMipSolverContract } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { createHighsSolver } from './highs-solver.js';

describeMipSolverContract('HiGHS in a page', () =>
  createHighsSolver({ wasmUrl: '/node_modules/highs/build/highs.wasm' }),
);

it('fails as an engine where its file is not served, and asks for it again', async () => {
  const solver = createHighsSolver({ wasmUrl: '/nowhere/highs.wasm' });
  const one = Float64Array.of(1);
  const program = { objective: one, upper: one, whole: Uint8Array.of(1), rows: [] };
  for (const _ of [1, 2]) {
    const error: unknown = await solver.solve(program).catch((caught: unknown) => caught);
    expect(EngineError.isInstance(error)).toBe(true);
  }
});
