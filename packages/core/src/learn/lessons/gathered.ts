import type { LessonStore } from '../../ports/lesson-store.js';
import type { LearningSettings } from './learning-settings.js';

type Counts = Awaited<ReturnType<LessonStore['count']>>;

/**
 * Whether enough lessons have gathered for a fit: in one sub-domain (all labels of none count as one), or of a label
 * that the lightest rung does not know.
 * @param counts of one domain, since the last attempt
 * @returns how many are still wanted; 0 when a fit is due
 */
export function lessonsWanted({
  counts,
  subDomains,
  isKnown,
  settings,
}: {
  readonly counts: Counts;
  /** Sub-domain name to the labels under it. */
  readonly subDomains: Readonly<Record<string, readonly string[]>>;
  /** Whether the lightest rung has the label. */
  readonly isKnown: (label: string) => boolean;
  readonly settings: Pick<LearningSettings, 'lessons' | 'lessonsOfNewLabel'>;
}): number {
  const subDomainOf = new Map(
    Object.entries(subDomains).flatMap(([name, labels]) => labels.map((each) => [each, name])),
  );
  const taught = counts.filter(({ source }) => source !== 'data');
  const groups = sums(taught, ({ label }) => subDomainOf.get(label) ?? '');
  const fresh = sums(
    taught.filter(({ label }) => !isKnown(label)),
    ({ label }) => label,
  );
  const { lessons, lessonsOfNewLabel } = settings;
  return Math.max(0, Math.min(lessons - largest(groups), lessonsOfNewLabel - largest(fresh)));
}

function sums(counts: Counts, keyOf: (count: Counts[number]) => string): Map<string, number> {
  const result = new Map<string, number>();
  for (const count of counts) result.set(keyOf(count), (result.get(keyOf(count)) ?? 0) + count.lessons);
  return result;
}

const largest = (groups: ReadonlyMap<string, number>): number => Math.max(0, ...groups.values());
