import type { FeedbackRecord } from '../../ports/ledger.js';
import type { Learning, Observation, TrustAsk } from '../../ports/learning.js';
import type { FitProgress } from '../deltas.js';
import type { LearnStatus } from '../learn-status.js';
import { domainFacts } from './domain-facts.js';
import { createDriftWatch, type DriftWatch } from './drift-watch.js';
import { createEars, type Ears } from './ears.js';
import { createFits, type Fits, type LearnRun } from './fits.js';
import { hearFeedback, type Heard } from './hear-feedback.js';
import { createIntake, type Intake } from './intake.js';
import type { LearningPorts } from './learning-ports.js';
import { DEFAULT_LEARNING, type LearningSettings } from './learning-settings.js';
import { lessonOf } from './lesson-of.js';
import { keepPaused } from './notes.js';
import { createShadowRuns, type ShadowRuns } from './shadow-runs.js';
import { learnStatus } from './status.js';

const TICK_MS = 1000;

/** Learning from answers, for whoever watches over it. */
export interface LearnControl {
  status(): Promise<LearnStatus>;
  /**
   * Fits now what has gathered, in one domain or in all that have lessons. A candidate that the gate lets through goes
   * into shadow, unless `passed` says that it takes over at once.
   * @throws UnknownDomainError, what a fit throws, StorageError
   */
  runNow(
    domain?: string,
    options?: {
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((progress: FitProgress) => void) | undefined;
      readonly passed?: 'shadow' | 'promote' | undefined;
    },
  ): Promise<readonly LearnRun[]>;
  /** Nothing is fitted and nothing promoted until `resume`, in any process that shares the lessons. @throws StorageError */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** What a person said of an answer, which the ledger has already. @throws StorageError */
  feedback(record: FeedbackRecord): Promise<Heard>;
  /** Writes what waits, and ends what is under way. Never rejects. */
  close(): Promise<void>;
}

/**
 * Lessons from climbs and corrections, candidates fitted on them in idle time and tried beside what is in force, and a
 * watch over what feedback says of each tier. Texts of lessons never leave the device: a delta has none of them in it.
 */
export const createLearning = (ports: LearningPorts): Learning & LearnControl => new LearningLoop(ports);

class LearningLoop implements Learning, LearnControl {
  readonly #ports: LearningPorts;
  readonly #settings: LearningSettings;
  readonly #intake: Intake;
  readonly #watch: DriftWatch;
  readonly #ears: Ears;
  readonly #fits: Fits;
  readonly #shadows: ShadowRuns;
  readonly #closing = new AbortController();
  readonly #loop: Promise<void>;
  #busyAtMs: number;

  constructor(ports: LearningPorts) {
    const { lessons, ledger, catalog, clock } = ports;
    const settings = { ...DEFAULT_LEARNING, ...ports.settings };
    const { signal } = this.#closing;
    this.#ports = ports;
    this.#settings = settings;
    this.#intake = createIntake(lessons);
    this.#watch = createDriftWatch({ ledger, catalog, maxRisk: settings.maxRisk });
    this.#ears = createEars({ ledger, watch: this.#watch, sinceWallMs: clock.wallMs() });
    this.#fits = createFits({ ports, settings, shadows: () => this.#shadows });
    const onPass: Fits['promote'] = async (domain, shadow) => this.#fits.promote(domain, shadow);
    this.#shadows = createShadowRuns({ ports, settings, signal, onPass });
    this.#busyAtMs = clock.nowMs();
    this.#loop = this.#run();
  }

  observe(observation: Observation): void {
    const { clock, random, catalog } = this.#ports;
    const { domain, label, ladderRevision, said } = observation;
    const atWallMs = clock.wallMs();
    this.#busyAtMs = clock.nowMs();
    this.#ears.saw(observation);
    const isOutOfScope = domainFacts(catalog.current(), domain)?.outOfScopeLabels.has(label) ?? false;
    const isDistrusted = this.distrusts({ domain, tier: said.at(-1)?.tier ?? '', ladderRevision });
    const { sampleShare } = this.#settings;
    const lesson = lessonOf(observation, { isOutOfScope, isDistrusted, sampleShare, random, atWallMs });
    this.#intake.add(observation, { lesson, atWallMs });
    this.#shadows.offer(observation);
  }

  distrusts(ask: TrustAsk): boolean {
    return this.#watch.distrusts(ask);
  }

  async feedback(record: FeedbackRecord): Promise<Heard> {
    await this.#intake.flush();
    const heard = await hearFeedback(this.#ports.lessons, record);
    await this.#ears.judge(record);
    return heard;
  }

  async status(): Promise<LearnStatus> {
    await this.#intake.flush();
    return learnStatus({
      lessons: this.#ports.lessons,
      catalog: this.#ports.catalog.current(),
      calibration: (domain) => this.#ports.catalog.calibration(domain),
      settings: this.#settings,
      broken: (domain) => this.#watch.broken(domain),
      fitting: this.#fits.domain,
      shadowOf: (domain) => this.#shadows.of(domain),
    });
  }

  async runNow(domain?: string, { signal, onProgress, passed = 'shadow' }: Parameters<LearnControl['runNow']>[1] = {}) {
    await this.#intake.flush();
    const control = new AbortController();
    const giveUp = (): void => control.abort(signal?.aborted ? signal.reason : this.#closing.signal.reason);
    const ends = [this.#closing.signal, ...(signal ? [signal] : [])];
    for (const end of ends) end.addEventListener('abort', giveUp);
    if (ends.some(({ aborted }) => aborted)) giveUp();
    try {
      const runs: LearnRun[] = [];
      const domains = domain === undefined ? await this.#domains() : [domain];
      for (const each of domains) runs.push(await this.#fits.fit(each, { signal: control.signal, onProgress, passed }));
      return runs;
    } finally {
      for (const end of ends) end.removeEventListener('abort', giveUp);
    }
  }

  pause = (): Promise<void> => keepPaused(this.#ports.lessons, true);
  resume = (): Promise<void> => keepPaused(this.#ports.lessons, false);

  async close(): Promise<void> {
    this.#closing.abort(new Error('learning is being closed'));
    await this.#loop;
    await Promise.allSettled([this.#fits.settle(), this.#shadows.settle()]);
    await this.#guarded(() => this.#intake.flush());
  }

  async #run(): Promise<void> {
    const { clock, catalog } = this.#ports;
    const { signal } = this.#closing;
    await this.#guarded(() => this.#watch.load());
    await this.#guarded(() => this.#shadows.resume(catalog.current().domains.map(({ id }) => id)));
    while (!signal.aborted) {
      await clock.sleep(TICK_MS, signal);
      if (!signal.aborted) await this.#guarded(() => this.#tick());
    }
  }

  async #tick(): Promise<void> {
    await this.#intake.flush();
    await this.#ears.catchUp();
    if (!this.#isIdle() || this.#fits.domain !== undefined) return;
    for (const domain of await this.#domains()) {
      if (!(await this.#fits.isDue(domain))) continue;
      // Beside the loop, which goes on taking in what is answered meanwhile.
      void this.#guarded(() => this.#fits.fit(domain, { signal: this.#closing.signal, passed: 'shadow' }));
      return;
    }
  }

  #isIdle(): boolean {
    const { clock, workshop } = this.#ports;
    if (!workshop().isIdle()) this.#busyAtMs = clock.nowMs();
    return clock.nowMs() - this.#busyAtMs >= this.#settings.idleMs;
  }

  async #domains(): Promise<readonly string[]> {
    return [...new Set((await this.#ports.lessons.count()).map(({ domain }) => domain))].toSorted();
  }

  async #guarded(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!this.#closing.signal.aborted) this.#ports.onFailure(error);
    }
  }
}
