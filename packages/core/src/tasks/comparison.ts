/** How answers compare with what they should be. */
export interface Comparison {
  /** What is wrong, in words; undefined when they agree. */
  readonly fault: string | undefined;
  /** What was measured, by name; none where the answers cannot be compared at all. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** Answers that cannot be compared: another size, or no numbers. Undefined when they can. */
export function incomparable(
  answers: readonly Float32Array[],
  expected: readonly Float32Array[],
): Comparison | undefined {
  const odd = answers.findIndex((values, i) => values.length !== expected[i]?.length);
  if (odd !== -1) {
    const [is, should] = [answers[odd]?.length ?? 0, expected[odd]?.length ?? 0];
    return { fault: `it gives ${is} values where ${should} belong`, numbers: {} };
  }
  return answers.every((values) => values.every(Number.isFinite)) ? undefined : { fault: NO_NUMBERS, numbers: {} };
}

/** What a broken kernel often gives. */
export const NO_NUMBERS = 'it gives values that are no numbers';
