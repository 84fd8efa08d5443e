import type { LedgerEntry } from '@terrace/core';
import type { Embed } from '@terrace/core/cache';
import { VERSION } from '../assets/version.js';
import type { ArgsOf, ValueOf } from '../calls/messages.js';
import type { BrowserRuntime } from '../create-browser-runtime.js';
import { fileIn } from './file-in.js';
import type { LentCalls, LentFiles } from './lent-protocol.js';

/** What a page's cache and documents have of its runtime. */
export interface Borrowed {
  identity(ask: { readonly task: string; readonly domain: string | undefined }): Promise<string>;
  readonly ledger: { append(entries: readonly LedgerEntry[]): Promise<void> };
  readonly embed: Embed;
}

/**
 * Models, catalog and ledger are in a worker, perhaps of another tab: what stands in the page asks for them there.
 * @param assetsUrl the folder with the package's other files, where they do not stand beside the script
 */
export function borrowFrom({ rare }: Pick<BrowserRuntime, 'rare'>, assetsUrl: string | URL | undefined): Borrowed {
  const files: LentFiles = {
    version: VERSION,
    script: fileIn(assetsUrl, 'lent.js', () => new URL('./lent.js', import.meta.url)),
  };
  const call = <N extends keyof LentCalls>(name: N, args: ArgsOf<LentCalls[N]>, signal?: AbortSignal) =>
    rare('lent', [files, name, args], { signal }) as Promise<ValueOf<LentCalls[N]>>;
  return {
    identity: (ask) => call('identity', [ask]),
    ledger: { append: (entries) => call('append', [entries]) },
    embed: (texts, { signal, priority } = {}) => call('embed', [texts, priority], signal),
  };
}
