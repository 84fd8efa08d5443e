/** A linear program, some of whose variables are 0 or 1. Maximises; every variable is at least 0. */
export interface MipProgram {
  /** By variable. */
  readonly objective: Float64Array;
  readonly upper: Float64Array;
  /** 1 where a variable is whole. */
  readonly whole: Uint8Array;
  readonly rows: readonly MipRow[];
}

export interface MipRow {
  readonly columns: Int32Array;
  readonly values: Float64Array;
  /** low <= row <= high; infinite where there is no bound. */
  readonly low: number;
  readonly high: number;
}

export type MipSolution =
  | { readonly kind: 'optimal'; readonly objective: number; readonly values: Float64Array }
  | { readonly kind: 'infeasible' };

export interface MipSolver {
  /** @throws EngineError when the solver itself fails */
  solve(program: MipProgram): Promise<MipSolution>;
  close(): Promise<void>;
}
