import type { Catalog } from '../../catalog/schema.js';
import { UnknownDomainError } from '../../errors/unknown-domain-error.js';
import type { Lesson } from '../../ports/lesson-store.js';
import type { LocalRung } from '../../recommend/choose-ladder.js';
import type { FitAsk, FitProgress, FitReport } from '../deltas.js';
import { domainFacts } from './domain-facts.js';
import { examplesOf, type LessonExamples } from './examples-of.js';
import type { LearningPorts } from './learning-ports.js';
import type { LearningSettings } from './learning-settings.js';
import { teacherNoise } from './teacher-noise.js';

/** Fewer rows are refused by the fit itself. */
const LEAST_EXAMPLES = 4;

/** What came of the lessons of one domain. */
export type Attempt =
  | { readonly kind: 'too-few'; readonly domain: string; readonly lessons: number; readonly wanted: number }
  | {
      readonly kind: 'fitted';
      readonly domain: string;
      readonly lessons: number;
      /** Left out: texts with two labels that have the same right, and labels that too few have named. */
      readonly disputed: number;
      readonly waiting: number;
      /** Labels it learnt from answers and people, and those of them that the lightest rung did not know. */
      readonly labels: readonly string[];
      readonly newLabels: readonly string[];
      /** The ladder revision it was compared with. */
      readonly against: string;
      readonly report: FitReport;
    };

/**
 * Fits a candidate on all lessons of a domain, which is kept and not promoted.
 * @throws UnknownDomainError, and what a fit throws
 */
export async function attemptFit({
  ports: { lessons: store, ledger, catalog, clock, deltas, workshop },
  settings,
  domain,
  options,
}: {
  readonly ports: LearningPorts;
  readonly settings: LearningSettings;
  readonly domain: string;
  readonly options: {
    readonly signal: AbortSignal;
    readonly onProgress?: ((progress: FitProgress) => void) | undefined;
  };
}): Promise<Attempt> {
  const facts = domainFacts(catalog.current(), domain);
  if (!facts) throw noSuchDomain(domain);
  const found = await store.list({ domain });
  const noise = await teacherNoise({ ledger, domain, nowWallMs: clock.wallMs() });
  const { correctionsOfNewLabel } = settings;
  const given = examplesOf(found, { isKnown: (label) => facts.labels.has(label), noise, correctionsOfNewLabel });
  const counts = { domain, lessons: given.examples.length };
  // What is in force is built upon, and one new label is told apart from those it knows.
  const all = new Set([...given.examples.map(({ label }) => label), ...(facts.lightest?.labels ?? [])]);
  if (counts.lessons < LEAST_EXAMPLES || all.size < 2) return { kind: 'too-few', ...counts, wanted: LEAST_EXAMPLES };
  const { labels, disputed, waiting } = given;
  const rungs = await workshop().rungs(options.signal);
  const except = teachersHere(found, { rungs, catalog: catalog.current(), domain, labels });
  const traffic = (await store.tallies(domain)).map(({ label, asked }) => ({ label, asked }));
  const ask = { ...fitAsk(domain, given, { outOfScopeLabels: facts.outOfScopeLabels, except }), traffic };
  const report = await (await deltas()).fit(ask, options);
  const known = new Set(facts.lightest?.labels);
  const newLabels = labels.filter((label) => !known.has(label));
  return { kind: 'fitted', ...counts, disputed, waiting, labels, newLabels, against: facts.ladderRevision, report };
}

function fitAsk(
  domain: string,
  { examples, weights }: LessonExamples,
  { outOfScopeLabels, except }: { readonly outOfScopeLabels: ReadonlySet<string>; readonly except: readonly string[] },
): FitAsk {
  const outOfScopeLabel = examples.find(({ label }) => outOfScopeLabels.has(label))?.label;
  return {
    domain,
    examples,
    weights,
    except,
    ...(outOfScopeLabel !== undefined && { outOfScopeLabel }),
    promote: false,
    origin: 'learnt',
  };
}

/**
 * The model of this device that taught the others and all above it: they have nothing to learn from themselves. None
 * where somebody else taught, or people named a label that they do not know.
 */
function teachersHere(
  found: readonly Lesson[],
  {
    rungs,
    catalog,
    domain,
    labels,
  }: {
    readonly rungs: readonly LocalRung[];
    readonly catalog: Catalog;
    readonly domain: string;
    readonly labels: readonly string[];
  },
): string[] {
  const ids = rungs.map(({ tier }) => tier.model.id);
  const teachers = new Set(found.flatMap(({ source, teacher }) => (source === 'teacher' && teacher ? [teacher] : [])));
  if ([...teachers].some((teacher) => !ids.includes(teacher))) return [];
  const top = ids.findLastIndex((id) => teachers.has(id));
  const knows = (id: string): boolean => {
    const delta = catalog.deltas.find((each) => each.domain === domain && each.base.id === id);
    return delta !== undefined && labels.every((label) => delta.labels.includes(label));
  };
  return top > 0 ? ids.slice(top).filter(knows) : [];
}

const noSuchDomain = (domain: string): UnknownDomainError =>
  new UnknownDomainError({
    message: `There is no domain "${domain}" in the catalog.`,
    hint: 'Name a domain of the catalog, or fit its first delta on examples.',
    facts: { domain },
  });
