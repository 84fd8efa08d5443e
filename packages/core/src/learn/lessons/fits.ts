import type { FitProgress } from '../deltas.js';
import { attemptFit, type Attempt } from './attempt.js';
import { domainFacts } from './domain-facts.js';
import { lessonsWanted } from './gathered.js';
import type { LearningPorts } from './learning-ports.js';
import type { LearningSettings } from './learning-settings.js';
import { isPaused, keepNote, readNote } from './notes.js';
import type { Shadow } from './shadow.js';
import type { ShadowRuns } from './shadow-runs.js';

/** From lessons that cannot be fitted, such as those of one label, to the next look at them. */
const TOO_FEW_MS = 60_000;

/** What came of a fit that was asked for. */
export type LearnRun =
  | Extract<Attempt, { kind: 'too-few' }>
  | (Extract<Attempt, { kind: 'fitted' }> & { readonly next: 'shadow' | 'promoted' | 'kept' });

interface FitOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
  /** What becomes of a candidate that the gate lets through. */
  readonly passed: 'shadow' | 'promote';
}

/** Fits on lessons, one at a time. */
export interface Fits {
  /** The domain that is being fitted. */
  readonly domain: string | undefined;
  isDue(domain: string): Promise<boolean>;
  /** After the one that is under way. @throws what a fit throws, StorageError */
  fit(domain: string, options: FitOptions): Promise<LearnRun>;
  /** Puts a candidate in force and notes what it was for. @throws UnknownRevisionError, StorageError */
  promote(domain: string, shadow: Shadow): Promise<void>;
  settle(): Promise<void>;
}

export function createFits({
  ports,
  settings,
  shadows,
}: {
  readonly ports: LearningPorts;
  readonly settings: LearningSettings;
  readonly shadows: () => ShadowRuns;
}): Fits {
  const { clock, lessons: store, catalog, deltas } = ports;
  /** By domain: a fit that failed is tried again later. */
  const notBeforeMs = new Map<string, number>();
  let fitting: string | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const promote = async (domain: string, { revision, against, lessons, labels }: Shadow): Promise<void> => {
    await (await deltas()).promote(domain, revision);
    const note = await readNote(store, domain);
    const promotion = { revision, before: against, atWallMs: clock.wallMs(), lessons, labels };
    await keepNote(store, domain, { ...note, promotions: [promotion, ...note.promotions] });
  };

  const goOn = async (
    { domain, report, lessons, labels, newLabels, against }: Extract<Attempt, { kind: 'fitted' }>,
    passed: FitOptions['passed'],
  ): Promise<'shadow' | 'promoted' | 'kept'> => {
    if (report.decision.kind === 'keep') return 'kept';
    const nothing = { answers: 0, newAnswers: 0, accepted: 0, agreed: 0, climbed: 0 };
    const revision = report.revision.id;
    const shadow = { revision, against, lessons, labels: [...labels], newLabels: [...newLabels], ...nothing };
    if (passed === 'shadow') await shadows().begin(domain, shadow);
    else await promote(domain, shadow);
    return passed === 'shadow' ? 'shadow' : 'promoted';
  };

  const fit = async (domain: string, { signal, onProgress, passed }: FitOptions): Promise<LearnRun> => {
    signal.throwIfAborted();
    const triedUntilWallMs = clock.wallMs();
    fitting = domain;
    try {
      const attempt = await attemptFit({ ports, settings, domain, options: { signal, onProgress } });
      if (attempt.kind === 'too-few') {
        notBeforeMs.set(domain, clock.nowMs() + TOO_FEW_MS);
        return attempt;
      }
      await keepNote(store, domain, { ...(await readNote(store, domain)), triedUntilWallMs });
      return { ...attempt, next: await goOn(attempt, passed) };
    } catch (error) {
      notBeforeMs.set(domain, clock.nowMs() + settings.retryMs);
      throw error;
    } finally {
      fitting = undefined;
    }
  };

  return {
    get domain() {
      return fitting;
    },
    async isDue(domain) {
      const facts = domainFacts(catalog.current(), domain);
      if (!facts || shadows().of(domain) || (notBeforeMs.get(domain) ?? 0) > clock.nowMs()) return false;
      if (await isPaused(store)) return false;
      const { triedUntilWallMs } = await readNote(store, domain);
      const counts = await store.count({ sinceWallMs: triedUntilWallMs + 1 });
      const known = new Set(facts.lightest?.labels);
      const mine = counts.filter((count) => count.domain === domain);
      const { subDomains = {} } = facts.lightest ?? {};
      return lessonsWanted({ counts: mine, subDomains, isKnown: (label) => known.has(label), settings }) === 0;
    },
    fit(domain, options) {
      const turn = last.then(() => fit(domain, options));
      last = turn.catch(() => undefined);
      return turn;
    },
    promote,
    settle: async () => void (await last),
  };
}
