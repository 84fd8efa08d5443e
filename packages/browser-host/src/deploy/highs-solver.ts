import { highsSolver, type Highs, type MipSolver } from '@terrace/core/deploy';

export interface HighsSolverOptions {
  /** Where `highs.wasm` of the `highs` package is served. Nothing else is fetched. */
  readonly wasmUrl: string | URL;
}

/** HiGHS in this thread, which stands still while it solves: for a worker. Loaded with the first program. */
export function createHighsSolver({ wasmUrl }: HighsSolverOptions): MipSolver {
  return highsSolver(async () => {
    // Its types are those of a CommonJS module, which it is no more.
    const { default: load } = (await import('highs')) as unknown as { readonly default: LoadHighs };
    return load({ locateFile: () => String(wasmUrl) });
  });
}

type LoadHighs = (options: { readonly locateFile: (file: string) => string }) => Promise<Highs>;
