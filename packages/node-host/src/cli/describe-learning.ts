import type { LearnRun, LearnStatus, LearntDomain, LessonSource, LessonStore } from '@terrace/core/deltas';
import { describeCalibrated } from './describe-calibrated.js';
import { percent } from './output.js';

type Counts = Awaited<ReturnType<LessonStore['count']>>;

const SOURCES: Readonly<Record<LessonSource, string>> = {
  correction: 'from people',
  teacher: 'from larger tiers',
  agreement: 'that tiers agree on',
  data: 'of files',
};
/** Labels with the most lessons that are named; the others are counted. */
const NAMED = 8;

/** What was learnt, in lines. */
export function describeLearning({
  on,
  status: { paused, domains },
  lessons,
}: {
  readonly on: boolean;
  readonly status: LearnStatus;
  readonly lessons: Counts;
}): string {
  const state = on
    ? `learning is on${paused ? ', and paused' : ''}`
    : 'learning is off: set "learning": true in terrace.config.json, or TERRACE_LEARNING=1';
  const each = domains.map((domain) =>
    describeDomain(
      domain,
      lessons.filter((count) => count.domain === domain.domain),
    ),
  );
  return [state, ...(each.length > 0 ? each : ['nothing was learnt yet'])].join('\n');
}

function describeDomain({ domain, waiting, stage, calibrated, promotions }: LearntDomain, lessons: Counts): string {
  const parts = Object.entries(SOURCES).flatMap(([source, words]) => {
    const count = waiting[source as LessonSource];
    return count > 0 ? [`${count} ${words}`] : [];
  });
  const since = promotions.length > 0 ? ' since the last promotion' : '';
  return [
    `${domain}: ${parts.length > 0 ? parts.join(', ') : 'no lessons'}${since}`,
    ...(lessons.length > 0 ? [`  by label: ${byLabel(lessons)}`] : []),
    `  ${describeStage(stage)}`,
    ...(calibrated ? [`  calibrated on ${describeCalibrated(calibrated)}`] : []),
    ...promotions.map(
      ({ revision, atWallMs, lessons: count, climbedBefore, climbedSince }) =>
        `  promoted ${revision.slice(0, 12)} on ${new Date(atWallMs).toISOString().slice(0, 16)} from ${count} lessons; ` +
        `requests of what it learnt climbed ${share(climbedBefore)} before, ${share(climbedSince)} since`,
    ),
  ].join('\n');
}

function byLabel(lessons: Counts): string {
  const sums = new Map<string, number>();
  for (const { label, lessons: count } of lessons) sums.set(label, (sums.get(label) ?? 0) + count);
  const sorted = [...sums].toSorted(([, a], [, b]) => b - a);
  const more = sorted.length > NAMED ? [`and ${sorted.length - NAMED} labels more`] : [];
  return [...sorted.slice(0, NAMED).map(([label, count]) => `${label} ${count}`), ...more].join(', ');
}

const share = (value: number | undefined): string => (value === undefined ? '(no requests)' : percent(value));

function describeStage(stage: LearntDomain['stage']): string {
  switch (stage.kind) {
    case 'gathering':
      return stage.wanted === 0
        ? 'enough has gathered: it is fitted when the device is idle'
        : `gathering: ${stage.wanted} more lessons are wanted for a fit`;
    case 'fitting':
      return 'fitting';
    case 'shadow':
      return `in shadow: ${stage.revision.slice(0, 12)} has answered ${stage.answers} requests unheard, ${stage.agreed} as they ended; ${stage.wanted} more at least`;
    case 'broken':
      return `broken: ${stage.tiers.join(', ')} ${stage.tiers.length === 1 ? 'is' : 'are'} wrong too often, and do${stage.tiers.length === 1 ? 'es' : ''} not accept alone`;
  }
  return stage satisfies never;
}

function lessonsAre(count: number): string {
  if (count === 0) return 'there are no lessons to fit on';
  return count === 1 ? 'one lesson is too little to fit on' : `${count} lessons are too few to fit on`;
}

/** What a fit was made on, in one line. */
export function describeLearnRun(run: LearnRun): string {
  if (run.kind === 'too-few')
    return `${run.domain}: ${lessonsAre(run.lessons)}; a fit takes ${run.wanted} at least, of two labels`;
  const { domain, lessons, labels, newLabels, disputed, waiting } = run;
  const left = [
    ...(disputed > 0 ? [`${disputed} texts with two labels left out`] : []),
    ...(waiting > 0 ? [`${waiting} corrections to labels that too few have named wait`] : []),
  ];
  return `${domain}: ${lessons} lessons of ${labels.length} labels, ${newLabels.length} of them new${left.map((each) => `; ${each}`).join('')}`;
}
