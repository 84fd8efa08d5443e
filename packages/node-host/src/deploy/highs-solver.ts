import { highsSolver, type Highs, type MipSolver } from '@terrace/core/deploy';

/** HiGHS in this thread, which stands still while it solves; loaded with the first program. */
export function createHighsSolver(): MipSolver {
  return highsSolver(async () => {
    // Its types are those of a CommonJS module, which it is no more.
    const { default: load } = (await import('highs')) as unknown as { readonly default: () => Promise<Highs> };
    return load();
  });
}
