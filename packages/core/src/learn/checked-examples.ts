import type { Example } from '../calibrate/score-rows.js';
import { labelSchema } from '../catalog/fields.js';
import type { LabelledText } from '../delta/gate/data-report.js';
import { InvalidDataError } from '../errors/invalid-data-error.js';
import { parseRequest } from '../request/parse-request.js';

const LEAST_ROWS = 4;
const MOST_ROWS = 200_000;
const MOST_LABELS = 2048;
const LONGEST_LABEL = 256;

/**
 * Examples that a delta can be fitted on.
 * @throws InvalidDataError naming the line of a text that no request may hold, or of a label that no answer may have
 */
export function checkedExamples(examples: readonly Example[]): readonly LabelledText[] {
  if (examples.length < LEAST_ROWS)
    throw refusal(
      `${examples.length} rows are too few to fit on`,
      `Give at least ${LEAST_ROWS}; five a label or more.`,
    );
  if (examples.length > MOST_ROWS)
    throw refusal(
      `${examples.length} rows are more than the ${MOST_ROWS} that are fitted on`,
      'Fit on a random part of them.',
    );
  const checked = checkedRows(examples);
  const labels = new Set(checked.map(({ label }) => label)).size;
  if (labels > MOST_LABELS)
    throw refusal(
      `The rows have ${labels} labels; a delta knows at most ${MOST_LABELS}`,
      'Is the right column the label? Otherwise join labels, or fit sub-domains.',
    );
  return checked;
}

/** As above for rows that are only judged by: any number of them, and of labels. @throws InvalidDataError */
export function checkedRows(examples: readonly Example[]): readonly LabelledText[] {
  return examples.map(({ text, label, line }) => {
    try {
      parseRequest({ text });
    } catch (cause) {
      throw refusal(`Line ${line}: ${messageOf(cause)}`, 'Correct or remove the line.', { line }, cause);
    }
    if (label.length > LONGEST_LABEL || !labelSchema.safeParse(label).success)
      throw refusal(
        `Line ${line} has a label that cannot be one: "${label.slice(0, 40).replaceAll(/\p{C}/gu, '?')}"`,
        `Labels are of 1 to ${LONGEST_LABEL} characters on one line.`,
        { line },
      );
    return { text, label, line };
  });
}

const messageOf = (cause: unknown): string =>
  (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '');

function refusal(message: string, hint: string, facts: Record<string, number> = {}, cause?: unknown): InvalidDataError {
  return new InvalidDataError({ message: `${message}.`, hint, facts, cause });
}
