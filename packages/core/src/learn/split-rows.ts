import { normalForm } from '../delta/gate/normal-form.js';
import type { Random } from '../ports/random.js';

/** From this many rows on, some are kept from the fit: below it every row is worth more to the fit. */
const ENOUGH_ROWS = 1000;
const SHARE = 0.2;
/** Most of a label's rows that are held out, whatever chance says. */
const MOST_OF_LABEL = 1 / 3;

export interface RowSplit {
  readonly fitted: readonly number[];
  /** Empty where there are too few rows: then predictions are made out of fold. */
  readonly heldOut: readonly number[];
}

/**
 * Which rows a fit does not see. The text alone decides, so that a later fit on more rows holds out the same ones: what
 * is in force has then not seen them either.
 */
export function splitRows(rows: readonly { readonly text: string; readonly label: string }[]): RowSplit {
  const everything: RowSplit = { fitted: [...rows.keys()], heldOut: [] };
  if (rows.length < ENOUGH_ROWS) return everything;
  const places = rows.map(({ text }) => placeOf(normalForm(text)));
  const heldOut = new Set(
    [...rowsByLabel(rows.map(({ label }) => label)).values()].flatMap((ofLabel) =>
      ofLabel
        .filter((row) => places[row]! < SHARE)
        .toSorted((a, b) => places[a]! - places[b]!)
        .slice(0, Math.floor(ofLabel.length * MOST_OF_LABEL)),
    ),
  );
  // Many labels of a few rows each leave next to nothing to hold out.
  if (heldOut.size < (ENOUGH_ROWS * SHARE) / 2) return everything;
  return {
    fitted: everything.fitted.filter((row) => !heldOut.has(row)),
    heldOut: everything.fitted.filter((row) => heldOut.has(row)),
  };
}

/** In [0, 1), as good as drawn. */
function placeOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** At most so many rows, of each label its share. */
export function sampleRows(labels: readonly string[], most: number, random: Random): readonly number[] {
  if (labels.length <= most) return [...labels.keys()];
  const share = most / labels.length;
  return [...rowsByLabel(labels).values()]
    .flatMap((rows) => shuffled(rows, random).slice(0, Math.max(1, Math.floor(rows.length * share))))
    .toSorted((a, b) => a - b);
}

function rowsByLabel(labels: readonly string[]): Map<string, number[]> {
  const byLabel = new Map<string, number[]>();
  for (const [row, label] of labels.entries()) {
    const rows = byLabel.get(label);
    if (rows) rows.push(row);
    else byLabel.set(label, [row]);
  }
  return byLabel;
}

/** Fisher and Yates. */
function shuffled(rows: readonly number[], random: Random): number[] {
  const order = [...rows];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
