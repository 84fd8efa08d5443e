import type * as terrace from '@terrace/browser-host';
import type { BrowserRuntime, BrowserRuntimeOptions, FetchProgress, Result, Step } from '@terrace/browser-host';
import type { Page } from 'playwright-core';

declare global {
  interface Window {
    /** The package, as the plain page imports it. */
    terrace: typeof terrace;
    driver: PageDriver;
  }
}

/** What the functions of a test find in the page. */
interface PageDriver {
  runtime: BrowserRuntime;
  readonly told: Told;
  failureOf(error: unknown): PageFailure;
  /** An outcome that may leave the page: of an error its data. */
  attempt<T>(work: () => Promise<T>): Promise<Outcome<T>>;
}

/** What the page was told beside its answers. */
export interface Told {
  readonly warnings: string[];
  readonly failures: PageFailure[];
  readonly progress: FetchProgress[];
}

/** An error as the page saw it. */
export interface PageFailure {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly hint?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly cause?: PageFailure;
}

type Outcome<T> = { readonly value: T } | { readonly failure: PageFailure };

/** What of the options is data. */
export type PageOptions = Partial<Omit<BrowserRuntimeOptions, 'endpoints' | 'keys' | `on${string}`>>;

/** Makes the driver: runs in the page, before its own scripts. */
export function installDriver(): void {
  const told: Told = { warnings: [], failures: [], progress: [] };
  const failureOf: PageDriver['failureOf'] = (error) => {
    const { name, message, code, hint, facts, cause } = error as PageFailure;
    return { name, message, code, hint, facts, ...(cause && { cause: failureOf(cause) }) } as PageFailure;
  };
  const attempt: PageDriver['attempt'] = async (work) => {
    try {
      return { value: await work() };
    } catch (error) {
      return { failure: failureOf(error) };
    }
  };
  window.driver = { told, attempt, failureOf } as PageDriver;
}

/** The outcome of what a page did, as if it had been done here. @throws Error with the data of the page's error */
export async function outcomeOf<T>(done: Promise<Outcome<T>>): Promise<T> {
  const outcome = await done;
  if ('value' in outcome) return outcome.value;
  throw Object.assign(new Error(outcome.failure.message), outcome.failure);
}

/** A runtime in a page, asked from a test. Errors arrive with their data. */
export class PageRuntime<P extends Pick<Page, 'evaluate'> = Page> {
  readonly page: P;

  private constructor(page: P) {
    this.page = page;
  }

  /** One that the page has made itself, and given to the driver. */
  static of<P extends Pick<Page, 'evaluate'>>(page: P): PageRuntime<P> {
    return new PageRuntime(page);
  }

  /** @param options the shipped models without any */
  static async open<P extends Pick<Page, 'evaluate'>>(page: P, options: PageOptions = {}): Promise<PageRuntime<P>> {
    const open = (given: PageOptions): Promise<Outcome<void>> => {
      const { driver } = window;
      const { warnings, failures, progress } = driver.told;
      return driver.attempt(async () => {
        driver.runtime = await window.terrace.createBrowserRuntime({
          catalogUrl: '/models/catalog.json',
          ...given,
          onWarning: (message) => warnings.push(message),
          onFailure: (error) => failures.push(driver.failureOf(error)),
          onProgress: (event) => progress.push(event),
        });
      });
    };
    await outcomeOf(page.evaluate(open, options));
    return new PageRuntime(page);
  }

  run(input: object): Promise<Result> {
    return outcomeOf(
      this.page.evaluate((asked) => window.driver.attempt(() => window.driver.runtime.run(asked as never)), input),
    );
  }

  /** Every step, the result among them. */
  steps(input: object): Promise<Step[]> {
    const read = (asked: object): Promise<Outcome<Step[]>> =>
      window.driver.attempt(async () => {
        const steps: Step[] = [];
        for await (const step of window.driver.runtime.stream(asked as never)) steps.push(step);
        return steps;
      });
    return outcomeOf(this.page.evaluate(read, input));
  }

  /** @returns what was told on the way */
  prepare(input: object): Promise<FetchProgress[]> {
    const prepare = (asked: object): Promise<Outcome<FetchProgress[]>> =>
      window.driver.attempt(async () => {
        const events: FetchProgress[] = [];
        await window.driver.runtime.prepare(asked, { onProgress: (event) => events.push(event) });
        return events;
      });
    return outcomeOf(this.page.evaluate(prepare, input));
  }

  profile() {
    return this.#ask('profile');
  }

  catalog() {
    return this.#ask('catalog');
  }

  refreshCatalog() {
    return this.#ask('refreshCatalog');
  }

  close() {
    return this.#ask('close');
  }

  told(): Promise<Told> {
    return this.page.evaluate(() => window.driver.told);
  }

  #ask<K extends 'profile' | 'catalog' | 'refreshCatalog' | 'close'>(name: K): ReturnType<BrowserRuntime[K]> {
    const ask = (called: K) => window.driver.attempt<unknown>(() => window.driver.runtime[called]());
    return outcomeOf(this.page.evaluate(ask as never, name)) as ReturnType<BrowserRuntime[K]>;
  }
}
