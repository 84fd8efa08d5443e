import { normalForm } from '../delta/gate/normal-form.js';
import { ROWS_A_TURN, type Pause } from '../delta/gate/pause.js';
import type { Random } from '../ports/random.js';
import { groupVariations } from './group-variations.js';

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
 * Which rows a fit does not see. Variations of one sentence are on one side together: a row whose twin was fitted is
 * answered better than a request that somebody thinks of afresh. The text of one row of each group decides, whatever
 * rows there are beside it, so that a later fit on more rows holds out about the same ones: what is in force has then
 * not seen them either.
 */
export async function splitRows(
  rows: readonly { readonly text: string; readonly label: string }[],
  pause: Pause,
): Promise<RowSplit> {
  const everything: RowSplit = { fitted: [...rows.keys()], heldOut: [] };
  if (rows.length < ENOUGH_ROWS) return everything;
  const forms = rows.map(({ text }) => normalForm(text));
  const heldOut = new Set<number>();
  let looked = 0;
  const onRow = async (): Promise<void> => {
    if (++looked % ROWS_A_TURN === 0) await pause();
  };
  for (const ofLabel of rowsByLabel(rows.map(({ label }) => label)).values()) {
    const most = Math.floor(ofLabel.length * MOST_OF_LABEL);
    const groups = await groupVariations(ofLabel, forms, onRow);
    const drawn = groups
      // Where most of a label look alike, requests will, too: their rows are drawn one by one.
      .flatMap((group) => (group.length > most ? group.map((row) => [row]) : [group]))
      .map((group) => ({ group, place: placeOf(firstOf(group.map((row) => forms[row]!))) }))
      .filter(({ place }) => place < SHARE)
      .toSorted((a, b) => a.place - b.place);
    let taken = 0;
    for (const { group } of drawn) {
      if (taken + group.length > most) continue;
      taken += group.length;
      for (const row of group) heldOut.add(row);
    }
  }
  // Many labels of a few rows each leave next to nothing to hold out.
  if (heldOut.size < (ENOUGH_ROWS * SHARE) / 2) return everything;
  return {
    fitted: everything.fitted.filter((row) => !heldOut.has(row)),
    heldOut: everything.fitted.filter((row) => heldOut.has(row)),
  };
}

const firstOf = (forms: readonly string[]): string => forms.reduce((a, b) => (b < a ? b : a));

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
