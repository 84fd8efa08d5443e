import type { Matrix } from '../../ports/mat-mul.js';
import type { Extension } from './extension.js';

/** A new label may miss so many of its own rows: they are not all worth what claiming them takes from others. */
const RECALL = 0.9;

/** More than half of the lead: a few rows resemble each other more than they do those to come. */
const GIVEN_AWAY = 2 / 3;

type Known = Extension['known'];

/**
 * What is added to the logits of all new labels. A fit that sees rows of new labels only is readier to answer with them
 * than it should be. Most of the lead that they have over others in their own rows, out of fold, is given away for that;
 * and none may claim what stands for an old label.
 * @param outOfFold [rows, labels]
 * @param ofStandIns [stand-ins, labels]
 */
export function readinessOf({ known, rows, standIns }: Extension, outOfFold: Matrix, ofStandIns: Matrix): number {
  const leads = [...rows.truth.keys()]
    .filter((row) => known[rows.truth[row]!] === undefined)
    .map((row) => leadOfNew(outOfFold, row, known))
    .toSorted((a, b) => b - a);
  const lead = leads[Math.ceil(RECALL * leads.length) - 1] ?? 0;
  let most = -GIVEN_AWAY * lead;
  for (const [row, label] of standIns.truth.entries())
    if (isRight(ofStandIns, row, label, known)) most = Math.min(most, -leadOfNew(ofStandIns, row, known));
  return most;
}

/** The same logits once new labels are as ready as they are going to be. */
export function withReadiness({ rows, columns, data }: Matrix, { known }: Extension, readiness: number): Matrix {
  return { rows, columns, data: data.map((logit, at) => logit + (known[at % columns] === undefined ? readiness : 0)) };
}

/** Of the best new label over the best old one. */
function leadOfNew({ columns, data }: Matrix, row: number, known: Known): number {
  let [bestNew, bestOld] = [-Infinity, -Infinity];
  for (const [label, column] of known.entries()) {
    const logit = data[row * columns + label]!;
    if (column === undefined) bestNew = Math.max(bestNew, logit);
    else bestOld = Math.max(bestOld, logit);
  }
  return bestNew - bestOld;
}

/** Whether old labels alone would put it right: otherwise nothing is lost. */
function isRight({ columns, data }: Matrix, row: number, label: number, known: Known): boolean {
  const own = data[row * columns + label]!;
  return known.every((column, other) => column === undefined || data[row * columns + other]! <= own);
}
