import { parseFeedback, StorageError, type Clock, type Ledger, type OwnEndpoint, type Runtime } from '@terrace/core';
import type { OpenBudget } from '@terrace/core/budget';
import type { AssetFiles } from '../assets/asset-files.js';
import type { BrowserModels } from '../store/open-models.js';
import { loadModule } from './load-module.js';
import { pageReport } from './page-report.js';
import type { RuntimeCalls } from './protocol.js';

/** What a runtime has, for calls that few visits make. */
export interface RareOptions {
  /** Of everything that is stored. */
  readonly name: string;
  readonly files: AssetFiles;
  readonly threads: number | undefined;
  readonly runtime: Runtime;
  readonly models: BrowserModels;
  readonly ledger: Ledger;
  readonly budget: OpenBudget | undefined;
  readonly endpoints: readonly OwnEndpoint[];
  readonly clock: Clock;
}

export interface RareCalls extends Pick<
  RuntimeCalls,
  'importBundle' | 'exportBundle' | 'recordFeedback' | 'budgets' | 'report' | 'deltas'
> {
  /** Where the browser lets nothing be stored. */
  cannotQueue(): StorageError;
  end(): Promise<void>;
}

/** The life of deltas in a page, as calls. */
export interface OpenedDeltas {
  readonly call: RuntimeCalls['deltas'];
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** What is in `AssetFiles.deltas`. */
interface DeltasModule {
  readonly openDeltas: (options: RareOptions) => OpenedDeltas;
}

export function rareCalls(options: RareOptions): RareCalls {
  const { files, runtime, models, ledger, endpoints, clock } = options;
  let opening: Promise<OpenedDeltas> | undefined;
  const load = async (): Promise<OpenedDeltas> => (await loadModule<DeltasModule>(files.deltas)).openDeltas(options);
  const opened = (): Promise<OpenedDeltas> => {
    if (!opening) {
      opening = load();
      opening.catch(() => (opening = undefined));
    }
    return opening;
  };
  return {
    importBundle: async ([file, ask], { signal, tell: onProgress }) =>
      (await models.supply.open()).importBundle({ ...ask, file, signal, onProgress }, models.inForce),
    exportBundle: async ([ask], { signal, tell: onProgress }) =>
      (await models.supply.open()).exportBundle({ ...ask, catalog: models.current(), signal, onProgress }),
    recordFeedback: ([feedback]) =>
      ledger.append([{ kind: 'feedback', record: parseFeedback(feedback, clock.wallMs()) }]),
    budgets: async () => (await options.budget?.standings()) ?? [],
    async report([query], { signal }) {
      // With the answers that have just been given.
      await runtime.flush();
      return pageReport({ ledger, catalog: models.current(), endpoints, clock, query, signal });
    },
    deltas: async (call, context) => (await opened()).call(call, context),
    cannotQueue: () =>
      new StorageError({
        message: 'No request can wait here: the browser lets this site store nothing.',
        hint: 'Allow the site to store data: no private window, cookies and site data not blocked.',
      }),
    end: async () => (await opening?.catch(() => undefined))?.close(),
  };
}
