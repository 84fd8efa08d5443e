import type { DataFinding, LabelledText } from './data-report.js';
import { NearIndex } from './near-index.js';
import { normalForm } from './normal-form.js';
import { ROWS_A_TURN, type Pause } from './pause.js';

/** One way of writing under one label, and the rows that have it: several files may have rows of the same line. */
interface Distinct {
  readonly label: string;
  readonly at: number[];
}

/** They take less than comparing does. */
const FORMS_A_TURN = 8 * ROWS_A_TURN;

/** Rows that say the same, or nearly: with one label they are repeats, with several they contradict each other. */
export async function findRepeats(
  rows: readonly LabelledText[],
  pause: Pause,
): Promise<{
  readonly findings: readonly DataFinding[];
  /** Indices of rows that say exactly what one before them says. */
  readonly repeated: readonly number[];
}> {
  const byForm = new Map<string, Map<string, Distinct>>();
  for (const [row, { text, label }] of rows.entries()) {
    if (row % FORMS_A_TURN === FORMS_A_TURN - 1) await pause();
    const form = normalForm(text);
    const labels = byForm.get(form) ?? new Map<string, Distinct>();
    byForm.set(form, labels);
    const known = labels.get(label);
    if (known) known.at.push(row);
    else labels.set(label, { label, at: [row] });
  }
  const distinct = [...byForm.values()].flatMap((labels) => [...labels.values()]);
  const linesOf = (at: readonly number[]): number[] => at.map((row) => rows[row]!.line);
  const duplicates = distinct
    .filter(({ at }) => at.length > 1)
    .map(({ label, at }) => ({ kind: 'duplicate' as const, lines: linesOf(at), label }));
  const groups = await groupForms([...byForm.keys()], pause);
  const near = groups.flatMap((forms): DataFinding[] => {
    const group = forms.flatMap((form) => [...byForm.get(form)!.values()]);
    if (group.length === 1) return [];
    const lines = linesOf(group.map(({ at }) => at[0]!).toSorted((a, b) => a - b));
    const [label, ...others] = new Set(group.map((each) => each.label));
    return others.length === 0
      ? [{ kind: 'near-duplicate', lines, label: label! }]
      : [{ kind: 'contradiction', lines, labels: [label!, ...others] }];
  });
  return { findings: [...duplicates, ...near], repeated: distinct.flatMap(({ at }) => at.slice(1)) };
}

/** Texts that nearly equal the first of their group. */
async function groupForms(forms: readonly string[], pause: Pause): Promise<string[][]> {
  const index = new NearIndex();
  const groups: string[][] = [];
  for (const [at, form] of forms.entries()) {
    if (at % ROWS_A_TURN === ROWS_A_TURN - 1) await pause();
    const group = index.find(form, 'add-if-new');
    if (group === undefined) groups.push([form]);
    else groups[group]!.push(form);
  }
  return groups;
}
