import type { Calibration } from '../../catalog/calibration.js';
import type { Catalog } from '../../catalog/schema.js';
import type { LabelTally, LessonSource, LessonStore } from '../../ports/lesson-store.js';
import type { LearnStatus, LearntDomain } from '../learn-status.js';
import { domainFacts } from './domain-facts.js';
import { lessonsWanted } from './gathered.js';
import type { LearningSettings } from './learning-settings.js';
import { isPaused, readNote, type Promotion } from './notes.js';
import type { Shadow } from './shadow.js';

interface Given {
  readonly lessons: LessonStore;
  readonly catalog: Catalog;
  readonly calibration: (domain: string) => Promise<Calibration | undefined>;
  readonly settings: LearningSettings;
  /** Tiers of a domain that feedback has shown to be wrong too often. */
  readonly broken: (domain: string) => readonly string[];
  /** The domain that is being fitted, if any. */
  readonly fitting: string | undefined;
  readonly shadowOf: (domain: string) => Shadow | undefined;
}

/** What was learnt from what, in every domain that has lessons or promotions. */
export async function learnStatus(given: Given): Promise<LearnStatus> {
  const { lessons, catalog } = given;
  const taught = new Set((await lessons.count()).map(({ domain }) => domain));
  for (const { id } of catalog.domains) {
    const { promotions } = await readNote(lessons, id);
    if (promotions.length > 0 || given.shadowOf(id) || given.broken(id).length > 0) taught.add(id);
  }
  const domains: LearntDomain[] = [];
  for (const domain of [...taught].toSorted()) domains.push(await domainStatus(domain, given));
  return { paused: await isPaused(lessons), domains };
}

async function domainStatus(domain: string, given: Given): Promise<LearntDomain> {
  const { lessons: store, catalog, settings } = given;
  const { promotions, triedUntilWallMs, shadow } = await readNote(store, domain);
  const sinceWallMs = (promotions[0]?.atWallMs ?? -1) + 1;
  const mine = async (since: number) =>
    (await store.count({ sinceWallMs: since })).filter((count) => count.domain === domain);
  const waiting: Record<LessonSource, number> = { correction: 0, teacher: 0, agreement: 0, data: 0 };
  for (const { source, lessons } of await mine(sinceWallMs)) waiting[source] += lessons;
  const tallies = await store.tallies(domain);
  const { lightest } = domainFacts(catalog, domain) ?? {};
  const wanted = lessonsWanted({
    counts: await mine(triedUntilWallMs + 1),
    subDomains: lightest?.subDomains ?? {},
    isKnown: (label) => lightest?.labels.includes(label) ?? false,
    settings,
  });
  const stage = stageOf(domain, given, { shadow: given.shadowOf(domain) ?? shadow, wanted });
  // One that cannot be read is told of by whoever answers by it.
  const calibration = await given.calibration(domain).catch(() => undefined);
  const calibrated = calibration?.data.traffic && calibration.data;
  return { domain, waiting, stage, calibrated, promotions: promotions.map((promotion) => savedBy(promotion, tallies)) };
}

function stageOf(
  domain: string,
  { fitting, broken, settings }: Given,
  { shadow, wanted }: { readonly shadow: Shadow | undefined; readonly wanted: number },
): LearntDomain['stage'] {
  if (fitting === domain) return { kind: 'fitting' };
  if (shadow) {
    const { revision, answers, agreed } = shadow;
    return { kind: 'shadow', revision, answers, agreed, wanted: Math.max(0, settings.shadowAnswers - answers) };
  }
  const tiers = broken(domain);
  return tiers.length > 0 ? { kind: 'broken', tiers } : { kind: 'gathering', wanted };
}

/** How often requests of the labels it learnt climbed, under the revision before it and under it. */
function savedBy(
  { revision, before, atWallMs, lessons, labels }: Promotion,
  tallies: readonly LabelTally[],
): LearntDomain['promotions'][number] {
  const climbed = (ladderRevision: string): number | undefined => {
    const its = tallies.filter((tally) => tally.ladderRevision === ladderRevision && labels.includes(tally.label));
    const asked = its.reduce((sum, tally) => sum + tally.asked, 0);
    return asked === 0 ? undefined : its.reduce((sum, tally) => sum + tally.climbed, 0) / asked;
  };
  return { revision, atWallMs, lessons, climbedBefore: climbed(before), climbedSince: climbed(revision) };
}
