import { runtimeClosed, type Clock, type Runtime } from '@terrace/core';
import type { Deltas, FitProgress, ImportAsk, Revision, RevisionStore } from '@terrace/core/deltas';
import type { LiveModels } from './store/catalog/live-models.js';

export interface NodeDeltasOptions {
  readonly home: string;
  readonly models: LiveModels;
  /** Whose loaded models are borrowed in between requests. */
  readonly runtime: Pick<Runtime, 'workshop'>;
  readonly clock: Clock;
  readonly requireSignatures: boolean;
  /** The compiled worker of the engine, beside which that of fits lies; only code that runs from sources names it. */
  readonly engineWorkerUrl?: URL | undefined;
}

interface Watch {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
}

/** The life of deltas, and what only Node does of it. */
export interface DeltasOfNode extends Deltas {
  /**
   * Makes a delta of an adapter that PEFT trained, and puts it in force.
   * @throws DeltaMismatchError, ArtifactCorruptError, InvalidDataError, InvalidRequestError, StorageError
   */
  importAdapter(ask: ImportAsk, watch?: Watch): Promise<Revision>;
}

/** The life of deltas on a device; nothing of it is loaded before it is used. */
export interface NodeDeltas {
  readonly deltas: DeltasOfNode;
  revisions(): Promise<RevisionStore>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

export interface OpenedDeltas {
  readonly deltas: DeltasOfNode;
  readonly revisions: RevisionStore;
  close(): Promise<void>;
}

export function createNodeDeltas(options: NodeDeltasOptions): NodeDeltas {
  const closing = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  let opened: Promise<OpenedDeltas> | undefined;
  const open = (): Promise<OpenedDeltas> =>
    (opened ??= import('./open-deltas.js')
      .then(({ openDeltas }) => openDeltas(options))
      .catch((error: unknown) => {
        opened = undefined;
        throw error;
      }));

  const use = async <T>(
    given: Watch | undefined,
    work: (deltas: DeltasOfNode, signal: AbortSignal) => Promise<T>,
  ): Promise<T> => {
    const signal = given?.signal ? AbortSignal.any([closing.signal, given.signal]) : closing.signal;
    signal.throwIfAborted();
    const doing = open().then(({ deltas }) => work(deltas, signal));
    underWay.add(doing);
    return doing.finally(() => underWay.delete(doing));
  };

  return {
    deltas: {
      check: (ask, watch) => use(watch, (deltas, signal) => deltas.check(ask, { signal })),
      fit: (ask, watch) => use(watch, (deltas, signal) => deltas.fit(ask, { ...watch, signal })),
      evaluate: (ask, watch) => use(watch, (deltas, signal) => deltas.evaluate(ask, { ...watch, signal })),
      compose: (ask, watch) => use(watch, (deltas, signal) => deltas.compose(ask, { ...watch, signal })),
      revisions: (domain) => use(undefined, (deltas) => deltas.revisions(domain)),
      promote: (domain, revision) => use(undefined, (deltas) => deltas.promote(domain, revision)),
      importAdapter: (ask, watch) => use(watch, (deltas, signal) => deltas.importAdapter(ask, { ...watch, signal })),
      rollback: (domain) => use(undefined, (deltas) => deltas.rollback(domain)),
    },
    revisions: async () => (await open()).revisions,
    async close() {
      closing.abort(runtimeClosed());
      await Promise.allSettled(underWay);
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
