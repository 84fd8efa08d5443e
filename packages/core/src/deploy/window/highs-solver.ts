import { EngineError } from '../../errors/engine-error.js';
import type { MipProgram, MipSolution, MipSolver } from '../../ports/mip-solver.js';

/** What is used of the `highs` package, which hosts load: it is large, and few need it. */
export interface Highs {
  createModel(source: HighsProgram): HighsModel;
}

interface HighsModel {
  readonly options: { set(values: Readonly<Record<string, boolean | number>>): unknown };
  run(): { readonly modelStatus: number };
  getSolution(): { readonly colValue: Float64Array };
  dispose(): void;
}

interface HighsProgram {
  readonly numCols: number;
  readonly numRows: number;
  readonly colCost: Float64Array;
  readonly colLower: Float64Array;
  readonly colUpper: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  readonly integrality: Int32Array;
  readonly matrix: {
    readonly format: 'csr';
    readonly numRows: number;
    readonly numCols: number;
    readonly starts: Int32Array;
    readonly indices: Int32Array;
    readonly values: Float64Array;
  };
}

/**
 * The optimum itself is wanted, not one nearby; nothing is said to the console; and a heuristic is left out that looks for a
 * first solution for 50 ms and more, where solving a window of a few arms takes 1.
 */
const OPTIONS = {
  output_flag: false,
  mip_heuristic_run_feasibility_jump: false,
  mip_rel_gap: 0,
  mip_abs_gap: 0,
  primal_feasibility_tolerance: 1e-9,
  dual_feasibility_tolerance: 1e-9,
} as const;

/**
 * HiGHS looks for no solution that is better by less than its tolerance, 1e-6: an objective in thousands makes that 1e-9 of
 * its largest number. (Its own option for that tolerance, set to 1e-9, makes it miss optima by far.)
 */
const OBJECTIVE_SCALE = 1000;

const OPTIMAL = 7;
const INFEASIBLE = 8;
const UNBOUNDED_OR_INFEASIBLE = 9;

/**
 * Solves with HiGHS, in this thread, which stands still meanwhile.
 * @param load called for the first program, and again after it has failed
 */
export function highsSolver(load: () => Promise<Highs>): MipSolver {
  let highs: Promise<Highs> | undefined;
  return {
    async solve(program) {
      requireNumbers(program);
      const loaded = (highs ??= load());
      try {
        return solveWith(await loaded, program);
      } catch (cause) {
        // A solver that broke off may have left its memory in any state.
        if (highs === loaded) highs = undefined;
        throw failed(cause instanceof Error ? cause.message : 'it broke off', cause);
      }
    },
    async close() {
      highs = undefined;
    },
  };
}

function solveWith(highs: Highs, program: MipProgram): MipSolution {
  const model = highs.createModel(toHighs(program));
  try {
    model.options.set(OPTIONS);
    const { modelStatus } = model.run();
    if (modelStatus === INFEASIBLE) return { kind: 'infeasible' };
    if (modelStatus === UNBOUNDED_OR_INFEASIBLE && program.upper.every(Number.isFinite)) return { kind: 'infeasible' };
    if (modelStatus !== OPTIMAL) throw new Error(`it ended with status ${modelStatus}`);
    const values = model.getSolution().colValue.map((value, column) => {
      return program.whole[column] === 1 ? Math.round(value) : Math.max(0, value);
    });
    const objective = values.reduce((sum, value, column) => sum + value * program.objective[column]!, 0);
    return { kind: 'optimal', objective, values };
  } finally {
    model.dispose();
  }
}

/** HiGHS minimises; rows are sparse. */
function toHighs({ objective, upper, whole, rows }: MipProgram): HighsProgram {
  const [numCols, numRows] = [objective.length, rows.length];
  const scale = OBJECTIVE_SCALE / (objective.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1);
  const entries = rows.reduce((sum, { columns }) => sum + columns.length, 0);
  const [starts, indices, values] = [
    new Int32Array(numRows + 1),
    new Int32Array(entries),
    new Float64Array(entries),
  ] as const;
  let end = 0;
  for (const [row, each] of rows.entries()) {
    indices.set(each.columns, end);
    values.set(each.values, end);
    end += each.columns.length;
    starts[row + 1] = end;
  }
  return {
    numCols,
    numRows,
    colCost: objective.map((value) => -value * scale),
    colLower: new Float64Array(numCols),
    colUpper: upper,
    rowLower: Float64Array.from(rows, ({ low }) => low),
    rowUpper: Float64Array.from(rows, ({ high }) => high),
    integrality: Int32Array.from(whole),
    matrix: { format: 'csr', numRows, numCols, starts, indices, values },
  };
}

function requireNumbers({ objective, upper, rows }: MipProgram): void {
  const sound = objective.every(Number.isFinite) && rows.every(({ values }) => values.every(Number.isFinite));
  const bounded = !upper.some(Number.isNaN) && !rows.some(({ low, high }) => Number.isNaN(low) || Number.isNaN(high));
  if (!sound || !bounded) throw failed('a number of the program is none');
}

function failed(why: string, cause?: unknown): EngineError {
  return new EngineError({
    message: `The solver that plans windows failed: ${why}.`,
    hint: 'The window before stays in force; the next one is planned anew.',
    cause,
  });
}
