import type { Example } from '../../calibrate/score-rows.js';
import type { Lesson } from '../../ports/lesson-store.js';

/** What lessons come to as examples of a fit. */
export interface LessonExamples {
  readonly examples: readonly Example[];
  /** One an example, in (0, 1]. */
  readonly weights: readonly number[];
  /** Labels of what was learnt from answers and people; rows of files teach what is known. */
  readonly labels: readonly string[];
  /** Texts that are left out: two labels with the same right to them. */
  readonly disputed: number;
  /** Corrections to labels that nobody knows and too few have named. */
  readonly waiting: number;
}

/** So much doubt makes an example useless. */
const LEAST_WEIGHT = 0.05;

interface Given {
  /** Whether a delta or an endpoint of the domain has the label. */
  readonly isKnown: (label: string) => boolean;
  /** Share of a teacher's answers that are wrong. */
  readonly noise: (teacher: string | undefined) => number;
  readonly correctionsOfNewLabel: number;
}

export function examplesOf(lessons: readonly Lesson[], given: Given): LessonExamples {
  const trusted = lessons.map((lesson) => ({ ...lesson, weight: trustIn(lesson, given) }));
  const settled = [...groupByText(trusted).values()].map(settle);
  const agreed = settled.filter((lesson) => lesson !== undefined);
  const corrections = new Map<string, number>();
  for (const { label } of agreed) corrections.set(label, (corrections.get(label) ?? 0) + 1);
  const isTaught = ({ source, label }: Lesson): boolean =>
    source !== 'correction' || given.isKnown(label) || corrections.get(label)! >= given.correctionsOfNewLabel;
  const taught = agreed.filter(isTaught);
  const used = taught.filter(({ weight }) => weight >= LEAST_WEIGHT);
  return {
    examples: used.map(({ text, label }, index) => ({ text, label, line: index + 1 })),
    weights: used.map(({ weight }) => weight),
    labels: [...new Set(used.filter(({ source }) => source !== 'data').map(({ label }) => label))].toSorted(),
    disputed: settled.length - agreed.length,
    waiting: agreed.length - taught.length,
  };
}

/** A lone teacher counts for as much less as it is known to be wrong. */
const trustIn = ({ source, teacher, weight }: Lesson, { noise }: Given): number =>
  source === 'teacher' ? weight * (1 - noise(teacher)) : weight;

function groupByText(lessons: readonly Lesson[]): Map<string, Lesson[]> {
  const groups = new Map<string, Lesson[]>();
  for (const lesson of lessons) {
    const key = lesson.text.normalize('NFKC').toLowerCase().replaceAll(/\s+/g, ' ').trim();
    const group = groups.get(key);
    if (group) group.push(lesson);
    else groups.set(key, [lesson]);
  }
  return groups;
}

/** The word that counts on one text: a person's, then the heaviest. Undefined where two have the same right. */
function settle(group: readonly Lesson[]): Lesson | undefined {
  const rank = ({ source, weight }: Lesson): number => (source === 'correction' ? 2 : weight);
  const best = group.reduce((a, b) => (rank(b) > rank(a) ? b : a));
  return group.some((each) => each.label !== best.label && rank(each) === rank(best)) ? undefined : best;
}
