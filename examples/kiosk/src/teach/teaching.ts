import type { Session } from '../runtime/session.js';
import type { Settings } from '../settings/settings.js';
import { Observable } from '../state/observable.js';
import { parseExamples, type Example, type FaultKind } from './parse-examples.js';
import type { DataReport, FitProgress, FitReport, Revisions } from './taught.js';
import { tryQuestion, type Trial } from './trial.js';
import { unusedModels } from './unused-models.js';

/** What the visitor wants to teach. */
export interface Lesson {
  readonly domain: string;
  /** JSON lines or CSV, as written. */
  readonly source: string;
  /** Asked before and after; may be empty. */
  readonly question: string;
}

/** A question's answers around a fit. */
interface Change {
  readonly question: string;
  readonly before: Trial;
  readonly after: Trial;
}

export type TeachState =
  | { readonly kind: 'none' | 'empty' | 'checking' | 'cancelled' }
  | { readonly kind: 'faulty'; readonly why: FaultKind; readonly line: number }
  | { readonly kind: 'checked'; readonly data: DataReport }
  | {
      readonly kind: 'fitting';
      readonly data: DataReport;
      /** Undefined until the fit has begun. */
      readonly progress: FitProgress | undefined;
    }
  | { readonly kind: 'fitted'; readonly report: FitReport; readonly change: Change | undefined }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Teaches domains on this device: one fit at a time. */
export class Teaching {
  readonly state = new Observable<TeachState>({ kind: 'none' });
  /** Counts what may have changed domains and their revisions. */
  readonly changes = new Observable(0);
  readonly #session: Session;
  #underWay: AbortController | undefined;

  constructor(session: Session) {
    this.#session = session;
  }

  /** Lets go of what a visitor was shown. @returns whether: what is under way goes on */
  forget(): boolean {
    if (this.#underWay) return false;
    this.state.set({ kind: 'none' });
    return true;
  }

  /** Names of the domains that can be asked. @throws what opening the runtime throws */
  async domains(): Promise<readonly string[]> {
    const { runtime } = await this.#session.opened();
    return (await runtime.catalog()).domains.map(({ id }) => id);
  }

  /** @throws what opening the runtime throws, StorageError */
  async revisions(domain: string): Promise<Revisions> {
    const { runtime } = await this.#session.opened();
    return runtime.deltas.revisions(domain);
  }

  /** Looks at the examples, and fits nothing. */
  check(source: string): Promise<void> {
    return this.#work(source, async (examples, { runtime, signal }) => {
      this.state.set({ kind: 'checked', data: await runtime.deltas.check({ examples }, { signal }) });
    });
  }

  teach({ domain, source, question }: Lesson, settings: Settings): Promise<void> {
    return this.#work(source, async (examples, { runtime, signal }) => {
      const data = await runtime.deltas.check({ examples }, { signal });
      const ask = (): Promise<Trial> => tryQuestion(runtime, { domain, text: question, ...settings });
      const tell = (progress: FitProgress | undefined): void => {
        if (!signal.aborted) this.state.set({ kind: 'fitting', data, progress });
      };
      tell(undefined);
      const before = question === '' ? undefined : await ask();
      const except = await unusedModels(runtime, domain, settings);
      const report = await runtime.deltas.fit({ domain, examples, except }, { signal, onProgress: tell });
      await this.#changed();
      const change = before && { question, before, after: await ask() };
      this.state.set({ kind: 'fitted', report, change });
    });
  }

  /** What was there before a fit stays in force. */
  cancel(): void {
    this.#underWay?.abort();
  }

  /** Puts a kept revision in force. @throws UnknownRevisionError, StorageError */
  async use(domain: string, revision: string): Promise<void> {
    const { runtime } = await this.#session.opened();
    await runtime.deltas.promote(domain, revision);
    await this.#changed();
  }

  /** Back to what was in force before. @throws UnknownRevisionError, StorageError */
  async goBack(domain: string): Promise<void> {
    const { runtime } = await this.#session.opened();
    await runtime.deltas.rollback(domain);
    await this.#changed();
  }

  async #changed(): Promise<void> {
    await this.#session.catalogChanged();
    this.changes.set(this.changes.value + 1);
  }

  async #work(
    source: string,
    work: (
      examples: readonly Example[],
      given: Pick<Awaited<ReturnType<Session['opened']>>, 'runtime'> & { readonly signal: AbortSignal },
    ) => Promise<void>,
  ): Promise<void> {
    if (this.#underWay) return;
    const parsed = parseExamples(source);
    if (parsed.kind !== 'examples') return this.state.set(parsed);
    const own = new AbortController();
    this.#underWay = own;
    this.state.set({ kind: 'checking' });
    try {
      const { runtime } = await this.#session.opened();
      await work(parsed.examples, { runtime, signal: own.signal });
    } catch (error) {
      this.state.set(own.signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', error });
    } finally {
      this.#underWay = undefined;
    }
  }
}
