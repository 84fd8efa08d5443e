import type { Result } from '@terrace/core';

type Scores = Extract<Result['answer'], { kind: 'scores' }>;

/** A result as it crosses threads: one text of all labels, as a list of texts takes 0.1 ms to copy at both ends. */
export interface PackedResult extends Omit<Result, 'answer'> {
  readonly answer: Exclude<Result['answer'], Scores> | (Omit<Scores, 'labels'> & { readonly labels: Packed });
}

type Packed = readonly string[] | string;

const BETWEEN = '\n';

/** Labels are those of a delta: the same list for as long as its model is loaded. */
export function createPacker(): (result: Result) => PackedResult {
  const known = new WeakMap<readonly string[], Packed>();
  return (result) => {
    const { answer } = result;
    if (answer.kind !== 'scores') return result as PackedResult;
    let labels = known.get(answer.labels);
    if (labels === undefined) {
      labels = packed(answer.labels);
      known.set(answer.labels, labels);
    }
    return { ...result, answer: { ...answer, labels } };
  };
}

/** What has crossed is nobody else's: it becomes the result itself. Of texts that are the same the list is, too. */
export function createUnpacker(): (result: PackedResult) => Result {
  let known: string | undefined;
  let list: readonly string[] = [];
  return (result) => {
    const answer = result.answer as { labels?: Packed };
    if (typeof answer.labels === 'string') {
      if (answer.labels !== known) list = (known = answer.labels).split(BETWEEN);
      answer.labels = list;
    }
    return result as Result;
  };
}

const packed = (labels: readonly string[]): Packed =>
  labels.length === 0 || labels.some((label) => label.includes(BETWEEN)) ? labels : labels.join(BETWEEN);
