/** Over fewer there is nothing to choose between, and a score says something else. */
const LEAST_LABELS = 2;

/** What zero-shot tasks take behind their input: labels to choose from. */
export function missingLabels([labels]: readonly unknown[]): string | undefined {
  const isList =
    Array.isArray(labels) &&
    labels.length >= LEAST_LABELS &&
    labels.every((each) => typeof each === 'string' && each.trim() !== '') &&
    new Set(labels).size === labels.length;
  return isList ? undefined : 'its labels: a list of at least two different ones, as the first of `args`';
}
