/** values . x <= limit */
export interface Inequality {
  readonly values: Float64Array;
  readonly limit: number;
}

const TINY = 1e-11;

/**
 * Maximises objective . x over x >= 0 and the inequalities, by the simplex method on a dense table with Bland's rule, which
 * never goes in circles. For tests.
 * @returns x, or undefined where nothing holds all of them
 * @throws RangeError when there is no maximum
 */
export function maximise(objective: Float64Array, inequalities: readonly Inequality[]): Float64Array | undefined {
  const [columns, rows] = [objective.length, inequalities.length];
  // By row: variables, slacks, one artificial variable for all, limit.
  const width = columns + rows + 2;
  const artificial = columns + rows;
  const table = inequalities.map(({ values, limit }, row) => {
    const line = new Float64Array(width);
    line.set(values);
    line[columns + row] = 1;
    line[artificial] = -1;
    line[width - 1] = limit;
    return line;
  });
  const basis = inequalities.map((_, row) => columns + row);
  const lowest = table.reduce((low, line, row) => (line.at(-1)! < table[low]!.at(-1)! ? row : low), 0);
  if (rows > 0 && table[lowest]!.at(-1)! < 0) {
    pivot(table, basis, lowest, artificial);
    const feasibility = new Float64Array(width);
    feasibility[artificial] = -1;
    run(table, basis, feasibility, width - 1);
    const row = basis.indexOf(artificial);
    if (row >= 0) {
      if (table[row]!.at(-1)! > 1e-9) return undefined;
      const column = table[row]!.findIndex((value, at) => at < artificial && Math.abs(value) > TINY);
      if (column >= 0) pivot(table, basis, row, column);
    }
  }
  const costs = new Float64Array(width);
  costs.set(objective);
  run(table, basis, costs, artificial);
  const found = new Float64Array(columns);
  for (const [row, column] of basis.entries()) if (column < columns) found[column] = table[row]!.at(-1)!;
  return found;
}

/** Pivots until no column below `end` would gain. */
function run(table: readonly Float64Array[], basis: number[], costs: Float64Array, end: number): void {
  for (;;) {
    const column = entering(table, basis, costs, end);
    if (column < 0) return;
    let leaving = -1;
    let least = Infinity;
    for (const [row, line] of table.entries()) {
      if (line[column]! <= TINY) continue;
      const ratio = line.at(-1)! / line[column]!;
      if (ratio < least - TINY || (ratio <= least + TINY && basis[row]! < basis[leaving]!)) {
        least = Math.min(least, ratio);
        leaving = row;
      }
    }
    if (leaving < 0) throw new RangeError('the program has no maximum');
    pivot(table, basis, leaving, column);
  }
}

function entering(table: readonly Float64Array[], basis: readonly number[], costs: Float64Array, end: number): number {
  for (let column = 0; column < end; column++) {
    if (basis.includes(column)) continue;
    let gain = costs[column]!;
    for (const [row, line] of table.entries()) gain -= costs[basis[row]!]! * line[column]!;
    if (gain > TINY) return column;
  }
  return -1;
}

function pivot(table: readonly Float64Array[], basis: number[], row: number, column: number): void {
  const line = table[row]!;
  const divisor = line[column]!;
  for (let i = 0; i < line.length; i++) line[i]! /= divisor;
  for (const other of table) {
    const factor = other === line ? 0 : other[column]!;
    if (factor === 0) continue;
    for (let i = 0; i < line.length; i++) other[i]! -= factor * line[i]!;
  }
  basis[row] = column;
}
