import type { MipProgram, MipSolution, MipSolver } from '../ports/mip-solver.js';
import { maximise, type Inequality } from './simplex.js';

/** Tries every choice of the variables that are whole. For tests: it takes 2^n linear programs for n of them. */
export const exhaustiveSolver: MipSolver = {
  async solve(program) {
    const whole = [...program.whole.keys()].filter((column) => program.whole[column] === 1);
    if (whole.length > 12) throw new RangeError(`${whole.length} whole variables are too many to try all`);
    let best: MipSolution = { kind: 'infeasible' };
    for (let choice = 0; choice < 2 ** whole.length; choice++) {
      const fixed = new Map(whole.map((column, bit) => [column, (choice >> bit) & 1]));
      const solution = solveRest(program, fixed);
      if (solution.kind === 'optimal' && (best.kind === 'infeasible' || solution.objective > best.objective)) {
        best = solution;
      }
    }
    return best;
  },
  async close() {},
};

function solveRest({ objective, upper, rows }: MipProgram, fixed: ReadonlyMap<number, number>): MipSolution {
  const free = [...objective.keys()].filter((column) => !fixed.has(column));
  const places = new Map(free.map((column, place) => [column, place]));
  const bounds: Inequality[] = [];
  const atMost = (values: Float64Array, sign: number, limit: number): void => {
    if (Number.isFinite(limit)) bounds.push({ values: values.map((value) => sign * value), limit });
  };
  for (const [column, value] of fixed) if (value > upper[column]!) return { kind: 'infeasible' };
  for (const { columns, values, low, high } of rows) {
    const row = new Float64Array(free.length);
    let known = 0;
    for (const [i, column] of columns.entries()) {
      if (fixed.has(column)) known += values[i]! * fixed.get(column)!;
      else row[places.get(column)!]! += values[i]!;
    }
    if (row.every((value) => value === 0)) {
      if (known < low - 1e-9 || known > high + 1e-9) return { kind: 'infeasible' };
      continue;
    }
    atMost(row, 1, high - known);
    atMost(row, -1, known - low);
  }
  for (const [place, column] of free.entries()) {
    const row = new Float64Array(free.length);
    row[place] = 1;
    atMost(row, 1, upper[column]!);
  }
  const found = maximise(
    Float64Array.from(free, (column) => objective[column]!),
    bounds,
  );
  if (!found) return { kind: 'infeasible' };
  const values = new Float64Array(objective.length);
  for (const [column, value] of fixed) values[column] = value;
  for (const [place, column] of free.entries()) values[column] = found[place]!;
  return { kind: 'optimal', objective: values.reduce((sum, value, i) => sum + value * objective[i]!, 0), values };
}
