import type { BrowserRuntime, FetchProgress, ImportOptions } from '@terrace/browser-host';
import type { CachedRuntime } from '@terrace/browser-host/cache';
import { DEMAND_OF } from '../desks/demands.js';
import type { Settings } from '../settings/settings.js';
import { Observable } from '../state/observable.js';
import { endpointsOf } from './endpoints-of.js';

type Catalog = Awaited<ReturnType<BrowserRuntime['catalog']>>;

type Remembering = CachedRuntime<BrowserRuntime>;

/** A runtime with what the page looks up often. */
export interface Opened {
  readonly runtime: BrowserRuntime;
  /** As of the last look. */
  catalog: Catalog;
  /** The same behind its memory, once a question was answered that may be remembered. It stays: it has to be closed. */
  remembering?: Remembering;
}

export type SessionState =
  | { readonly kind: 'opening' }
  /** Questions are answered already, as soon as their models are here. */
  | { readonly kind: 'preparing'; readonly progress: FetchProgress | undefined }
  | { readonly kind: 'ready' }
  | { readonly kind: 'failed'; readonly error: unknown };

export type Role = 'leads' | 'follows';

/** Told how far it is. */
interface Watched {
  readonly onProgress: (progress: FetchProgress) => void;
}

const MOST_WARNINGS = 5;

/** The page's runtime: opened when the page has been painted, and anew when its servers change. */
export class Session {
  readonly state = new Observable<SessionState>({ kind: 'opening' });
  readonly role = new Observable<Role | undefined>(undefined);
  readonly warnings = new Observable<readonly string[]>([]);
  readonly isOffline = new Observable(false);
  #opened: Promise<Opened> | undefined;

  /** The runtime, once it is open. @throws what `createBrowserRuntime` throws */
  opened(): Promise<Opened> {
    if (this.#opened) return this.#opened;
    // Asked before the page has been painted.
    return new Promise((resolve) => {
      const end = this.state.subscribe(() => {
        if (!this.#opened) return;
        end();
        resolve(this.#opened);
      });
    });
  }

  /**
   * Does something with the runtime; once more where it was closed meanwhile, as when another tab wipes all there is.
   * @throws what opening it and the work throw
   */
  async withRuntime<T>(settings: Settings, work: (opened: Opened) => Promise<T>): Promise<T> {
    const opening = this.#opened;
    try {
      return await work(await this.opened());
    } catch (error) {
      if ((error as { readonly code?: unknown }).code !== 'RUNTIME_CLOSED') throw error;
      // Whoever sees it first opens it again.
      if (this.#opened === opening) void this.reopen(settings);
      return work(await this.opened());
    }
  }

  async open(settings: Settings): Promise<void> {
    const opening = this.#create(settings);
    this.#opened = opening;
    this.state.set({ kind: 'opening' });
    // Whoever asks meanwhile is told by the same promise.
    try {
      await opening;
    } catch (error) {
      if (this.#opened === opening) this.state.set({ kind: 'failed', error });
      return;
    }
    await this.prepare(settings);
  }

  /** With other servers. Requests in flight end with an error that says so. */
  async reopen(settings: Settings): Promise<void> {
    const before = this.#opened;
    const opening = this.open(settings);
    await closed(before);
    await opening;
  }

  async close(): Promise<void> {
    const before = this.#opened;
    this.#opened = undefined;
    await closed(before);
  }

  /** Brings what questions of the desk need, so that the first one does not wait for it. */
  async prepare({ desk, demand }: Settings): Promise<void> {
    const opening = this.#opened;
    if (!opening) return;
    const tell = (state: SessionState): void => {
      if (this.#opened === opening) this.state.set(state);
    };
    const { runtime } = await opening;
    tell({ kind: 'preparing', progress: undefined });
    try {
      await runtime.prepare(
        { domain: desk, ...DEMAND_OF[demand] },
        { onProgress: (progress) => tell({ kind: 'preparing', progress }) },
      );
    } catch (error) {
      // What is here already may answer all the same.
      this.#warn(error instanceof Error ? error.message : String(error));
    }
    tell({ kind: 'ready' });
  }

  /** Brings what answers questions from memory, where they were asked before: comes when the first one is answered. */
  async remember(): Promise<Remembering> {
    const opened = await this.opened();
    const { withResponseCache } = await import('@terrace/browser-host/cache');
    return (opened.remembering ??= withResponseCache(opened.runtime, { onWarning: (message) => this.#warn(message) }));
  }

  /** Forgets all answers, also of visits before this one. */
  async forget(): Promise<void> {
    const { cache } = await this.remember();
    await cache.forget({});
  }

  /** Answers as if there were no network. */
  async setOffline(isOffline: boolean): Promise<void> {
    const { runtime } = await this.opened();
    await runtime.setOffline(isOffline);
    this.isOffline.set(isOffline);
  }

  /**
   * Brings models from a file; where no server has a catalog, they are the page's first.
   * @throws what opening and `importBundle` throw
   */
  async importBundle(file: Blob, settings: Settings, options: ImportOptions & Watched): Promise<void> {
    const opened = await this.opened().catch(() => undefined);
    if (!opened) {
      const { runtime } = await this.#create(settings, null);
      await runtime.importBundle(file, options).finally(() => runtime.close());
      return this.reopen(settings);
    }
    const { runtime } = opened;
    await runtime.importBundle(file, options);
    await this.catalogChanged();
    void this.prepare(settings).catch(() => undefined);
  }

  /** Looks anew at what the runtime knows, after something was imported or taught. */
  async catalogChanged(): Promise<void> {
    const opened = await this.opened();
    opened.catalog = await opened.runtime.catalog();
  }

  /** @param catalogUrl none: what was imported, and nothing else */
  async #create({ servers }: Settings, catalogUrl: string | null = 'models/catalog.json'): Promise<Opened> {
    const { createBrowserRuntime } = await import('@terrace/browser-host');
    const runtime = await createBrowserRuntime({
      catalogUrl,
      ...(servers.length > 0 && endpointsOf(servers)),
      onWarning: (message) => this.#warn(message),
      onRole: (role) => this.role.set(role),
    });
    if (this.isOffline.value) await runtime.setOffline(true);
    return { runtime, catalog: await runtime.catalog() };
  }

  #warn(message: string): void {
    const others = this.warnings.value.filter((each) => each !== message);
    this.warnings.set([message, ...others].slice(0, MOST_WARNINGS));
  }
}

async function closed(opening: Promise<Opened> | undefined): Promise<void> {
  const opened = await opening?.catch(() => undefined);
  await (opened?.remembering ?? opened?.runtime)?.close();
}
