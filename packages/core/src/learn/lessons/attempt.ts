import { UnknownDomainError } from '../../errors/unknown-domain-error.js';
import type { FitAsk, FitProgress, FitReport } from '../deltas.js';
import { domainFacts, type DomainFacts } from './domain-facts.js';
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
  ports: { lessons: store, ledger, catalog, clock, deltas },
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
  const classes = new Set(given.examples.map(({ label }) => label)).size;
  if (counts.lessons < LEAST_EXAMPLES || classes < 2) return { kind: 'too-few', ...counts, wanted: LEAST_EXAMPLES };
  const report = await (await deltas()).fit(fitAsk(domain, given, facts), options);
  const known = new Set(facts.lightest?.labels);
  const { labels, disputed, waiting } = given;
  const newLabels = labels.filter((label) => !known.has(label));
  return { kind: 'fitted', ...counts, disputed, waiting, labels, newLabels, against: facts.ladderRevision, report };
}

const fitAsk = (domain: string, { examples, weights }: LessonExamples, { lightest }: DomainFacts): FitAsk => ({
  domain,
  examples,
  weights,
  ...(lightest?.outOfScopeLabel && { outOfScopeLabel: lightest.outOfScopeLabel }),
  ...(lightest && { subDomains: lightest.subDomains }),
  promote: false,
  origin: 'learnt',
});

const noSuchDomain = (domain: string): UnknownDomainError =>
  new UnknownDomainError({
    message: `There is no domain "${domain}" in the catalog.`,
    hint: 'Name a domain of the catalog, or fit its first delta on examples.',
    facts: { domain },
  });
