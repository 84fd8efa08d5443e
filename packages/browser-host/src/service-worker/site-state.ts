import type { Clock } from '@terrace/core';
import type { FileList } from './file-list.js';
import type { PageRecord, SiteRecords } from './site-records.js';
import { SiteVersion } from './site-version.js';

/** A page that is being loaded is not among the browser's clients yet. */
const LOADING_MS = 60_000;

interface StateOptions {
  readonly records: SiteRecords;
  readonly listUrl: string;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** The versions of a site, which one is current, and which one each page has: in memory, and recorded. */
export class SiteState {
  readonly #options: StateOptions;
  readonly #pages = new Map<string, PageRecord>();
  #versions: ReadonlyMap<string, SiteVersion> = new Map();
  #current: SiteVersion | undefined;
  #loading: Promise<void> | undefined;
  #isLoaded = false;

  constructor(options: StateOptions) {
    this.#options = options;
  }

  get current(): SiteVersion | undefined {
    return this.#current;
  }

  /** Whether a version has it, as far as is known: before anything is loaded every address may be. */
  mayHave(address: string): boolean {
    return !this.#isLoaded || this.versions().some((version) => version.find(address, false));
  }

  /** Reads the records, once. @throws StorageError, as most of these */
  async load(): Promise<void> {
    if (!this.#isLoaded) await this.refresh();
  }

  /** Reads them again: another worker of the site may have brought a version, or the user may have wiped everything. */
  refresh(): Promise<void> {
    return (this.#loading ??= this.#read().finally(() => (this.#loading = undefined)));
  }

  /** Null for a page that came past everything here; undefined when nothing is known of it. */
  versionOf(clientId: string): SiteVersion | null | undefined {
    const page = this.#pages.get(clientId);
    if (!page) return undefined;
    return page.version === null ? null : this.#versions.get(page.version);
  }

  /**
   * From now on these pages or workers get files of this version and no other. Where that cannot be recorded, on a full
   * disk, it holds as long as this worker lives.
   */
  async adopt(clientIds: readonly string[], version: SiteVersion | null): Promise<void> {
    const page = { version: version?.id ?? null, atWallMs: this.#options.clock.wallMs() };
    const pages = new Map(clientIds.filter((id) => id !== '').map((id) => [id, page]));
    for (const [id] of pages) this.#pages.set(id, page);
    if (pages.size > 0) await this.#options.records.putPages(pages).catch(() => undefined);
  }

  async switchTo(list: FileList): Promise<void> {
    await this.#options.records.switchTo(list);
    await this.refresh();
  }

  /** Forgets pages that are gone, and versions that no page has. @param live ids of all pages and workers */
  async forgetUnused(live: ReadonlySet<string>): Promise<void> {
    const now = this.#options.clock.wallMs();
    const gone = [...this.#pages]
      .filter(([id, { atWallMs }]) => !live.has(id) && Math.abs(now - atWallMs) > LOADING_MS)
      .map(([id]) => id);
    for (const id of gone) this.#pages.delete(id);
    const used = new Set([this.#current?.id, ...[...this.#pages.values()].map(({ version }) => version)]);
    const unused = [...this.#versions.keys()].filter((id) => !used.has(id));
    if (gone.length + unused.length === 0) return;
    await this.#options.records.drop({ versions: unused, pages: gone });
    await this.refresh();
  }

  /** Those that pages have or will get. */
  versions(): readonly SiteVersion[] {
    return [...this.#versions.values()];
  }

  async #read(): Promise<void> {
    const { listUrl, records } = this.#options;
    const { current, versions, pages } = await records.read();
    this.#versions = new Map(
      versions.map((list) => [list.version, this.#versions.get(list.version) ?? new SiteVersion({ list, listUrl })]),
    );
    this.#current = current === undefined ? undefined : this.#versions.get(current);
    for (const [id, page] of pages) this.#pages.set(id, page);
    this.#isLoaded = true;
  }
}
