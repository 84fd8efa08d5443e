import { InvalidDataError } from '../../errors/invalid-data-error.js';
import type { HeadJob } from './fitter.js';

const FEWEST_ROWS = 4;
const FEWEST_LABELS = 2;
const MOST_LABELS = 2048;

/** @throws InvalidDataError when no head can be fitted to it */
export function checkHeadJob({ labels, truth, weights, features, labelFeatures, current }: HeadJob): void {
  if (truth.length < FEWEST_ROWS)
    throw refused(`A delta needs at least ${FEWEST_ROWS} examples; there are ${truth.length}.`, {
      rows: truth.length,
    });
  if (labels.length < FEWEST_LABELS || labels.length > MOST_LABELS)
    throw refused(`A delta has ${FEWEST_LABELS} to ${MOST_LABELS} labels; there are ${labels.length}.`, {
      labels: labels.length,
    });
  if (features.rows !== truth.length || (weights && weights.length !== truth.length))
    throw refused('There are not as many rows of features and weights as there are examples.', {
      rows: truth.length,
      features: features.rows,
    });
  if (labelFeatures && (labelFeatures.rows !== labels.length || labelFeatures.columns !== features.columns))
    throw refused('There is not one row of features for each label name.', { labels: labels.length });
  if (!features.data.every(Number.isFinite) || labelFeatures?.data.every(Number.isFinite) === false)
    throw refused('The model made features that are not numbers.', {});
  if (weights && !weights.every((weight) => weight > 0 && weight <= 1))
    throw refused('The weight of an example is above 0 and at most 1.', {});
  const counts = new Int32Array(labels.length);
  for (const [row, label] of truth.entries()) {
    if (!(label >= 0 && label < labels.length)) throw refused('An example has a label that is not listed.', { row });
    counts[label]!++;
  }
  const known = new Set(current?.labels);
  const kept = current?.labels.find((label) => !labels.includes(label));
  if (kept !== undefined) throw refused(`The label "${kept}" of the delta in force is not listed.`, { label: kept });
  const without = labels.find((label, i) => counts[i] === 0 && !(labelFeatures && known.has(label)));
  if (without !== undefined) throw refused(`The label "${without}" has no example.`, { label: without });
}

const refused = (message: string, facts: Readonly<Record<string, string | number>>): InvalidDataError =>
  new InvalidDataError({ message, hint: 'Check the examples: each has a text and one of two or more labels.', facts });
