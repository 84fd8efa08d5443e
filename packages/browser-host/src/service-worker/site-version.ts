import type { FileList, ListedFile } from './file-list.js';

/** One version of a page: which address is which file. */
export class SiteVersion {
  readonly list: FileList;
  readonly #listUrl: string;
  readonly #files: ReadonlyMap<string, ListedFile>;

  constructor({ list, listUrl }: { readonly list: FileList; readonly listUrl: string }) {
    this.list = list;
    this.#listUrl = listUrl;
    this.#files = new Map(list.files.map((file) => [file.path, file]));
  }

  get id(): string {
    return this.list.version;
  }

  at(path: string): ListedFile | undefined {
    return this.#files.get(path);
  }

  /**
   * What is at an address, whatever its query. Pages are found as static hosts find them: a folder has its index.html,
   * and the name of a page may lack `.html`.
   * @returns a URL when the browser has to ask there, as addresses in a page are relative to its folder
   */
  find(address: string, isPage: boolean): ListedFile | URL | undefined {
    const path = pathBelow(this.#listUrl, address);
    if (path === undefined) return undefined;
    const file = this.at(path);
    if (file || !isPage) return file;
    if (path === '' || path.endsWith('/')) return this.at(`${path}index.html`);
    const page = this.at(`${path}.html`);
    if (page || !this.at(`${path}/index.html`)) return page;
    const folder = new URL(address);
    folder.pathname += '/';
    return folder;
  }
}

/** The address of a file of a list. */
export const addressOf = ({ path }: ListedFile, listUrl: string): string =>
  new URL(`./${encodeURI(path).replace(/[?#]/g, encodeURIComponent)}`, listUrl).href;

function pathBelow(listUrl: string, address: string): string | undefined {
  const [folder, { origin, pathname }] = [new URL('.', listUrl), new URL(address)];
  if (origin !== folder.origin || !pathname.startsWith(folder.pathname)) return undefined;
  try {
    return decodeURIComponent(pathname.slice(folder.pathname.length));
  } catch {
    // No file has such an address.
    return undefined;
  }
}
