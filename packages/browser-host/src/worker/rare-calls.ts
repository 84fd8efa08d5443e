import { parseFeedback, StorageError, type Runtime, type RuntimePorts } from '@terrace/core';
import type { OpenBudget } from '@terrace/core/budget';
import type { BrowserProbe } from '../probe/browser-probe.js';
import type { Sentinel } from '../sentinel/open-sentinel.js';
import type { BrowserModels } from '../store/open-models.js';
import type { LentCalls, LentFiles } from '../lent/lent-protocol.js';
import { loadModule } from './load-module.js';
import { pageReport } from './page-report.js';
import type { RareCalls, RuntimeSettings } from './protocol.js';
import type { TextCalls, TextFiles } from './text-protocol.js';

/** Those of a browser: its probe tells more. */
export interface BrowserPorts extends RuntimePorts {
  readonly probe: BrowserProbe;
}

/** What a runtime has, for calls that few visits make. */
export interface RareOptions {
  /** Of everything that is stored. */
  readonly name: string;
  readonly settings: RuntimeSettings;
  readonly runtime: Runtime;
  readonly models: BrowserModels;
  /** What the runtime is made of. */
  readonly ports: BrowserPorts;
  readonly budget: OpenBudget | undefined;
  readonly sentinel: Promise<Sentinel>;
}

export interface RareService {
  readonly calls: RareCalls;
  /** Where the browser lets nothing be stored. */
  cannotQueue(): StorageError;
  end(): Promise<void>;
}

/** The life of deltas in a page, as calls. */
export interface OpenedDeltas {
  readonly call: RareCalls['deltas'];
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** What is in `AssetFiles.deltas`. */
interface DeltasModule {
  readonly openDeltas: (options: RareOptions) => OpenedDeltas;
}

/** The answering of text requests, as calls. */
export interface OpenedText {
  call<N extends keyof TextCalls>(
    name: N,
    args: readonly unknown[],
    context: Parameters<RareCalls['text']>[1],
  ): Promise<unknown>;
  /** Keeps what is still to be kept of it. */
  flush(): Promise<void>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** What is in `TextFiles.script`. */
interface TextModule {
  readonly openText: (options: RareOptions, files: TextFiles) => OpenedText;
}

/** What caches and documents borrow, as calls. */
export interface OpenedLent {
  call<N extends keyof LentCalls>(
    name: N,
    args: readonly unknown[],
    context: Parameters<RareCalls['lent']>[1],
  ): Promise<unknown>;
  close(): Promise<void>;
}

/** What is in `LentFiles.script`. */
interface LentModule {
  readonly openLent: (options: RareOptions, files: LentFiles) => OpenedLent;
}

export function openRare(options: RareOptions): RareService {
  const { runtime, models } = options;
  const { ledger, endpoints = [], clock } = options.ports;
  const deltas = openOnce(async () =>
    (await loadModule<DeltasModule>(options.settings.files.deltas)).openDeltas(options),
  );
  const text = openOnce(async (files: TextFiles) =>
    (await loadModule<TextModule>(files.script)).openText(options, files),
  );
  const lent = openOnce(async (files: LentFiles) =>
    (await loadModule<LentModule>(files.script)).openLent(options, files),
  );
  const calls: RareCalls = {
    importBundle: async ([file, ask], { signal, tell: onProgress }) =>
      (await models.supply.open()).importBundle({ ...ask, file, signal, onProgress }, models.inForce),
    exportBundle: async ([ask], { signal, tell: onProgress }) =>
      (await models.supply.open()).exportBundle({ ...ask, catalog: models.current(), signal, onProgress }),
    recordFeedback: ([feedback]) =>
      ledger.append([{ kind: 'feedback', record: parseFeedback(feedback, clock.wallMs()) }]),
    budgets: async () => (await options.budget?.standings()) ?? [],
    async report([query], { signal }) {
      // With the answers that have just been given.
      await Promise.all([runtime.flush(), text.opened()?.then((opened) => opened.flush())]);
      return pageReport({ ledger, catalog: models.current(), endpoints, clock, query, signal });
    },
    deltas: async (call, context) => (await deltas.open()).call(call, context),
    text: async ([files, name, args], context) => (await text.open(files)).call(name, args, context),
    lent: async ([files, name, args], context) => (await lent.open(files)).call(name, args, context),
  };
  return {
    calls,
    cannotQueue: () =>
      new StorageError({
        message: 'No request can wait here: the browser lets this site store nothing.',
        hint: 'Allow the site to store data: no private window, cookies and site data not blocked.',
      }),
    end: async () => void (await Promise.all([deltas.close(), text.close()])),
  };
}

/** Opens something at the first call, and anew when that failed. */
function openOnce<Args extends readonly unknown[], T extends { close(): Promise<void> }>(
  start: (...args: Args) => Promise<T>,
): { open(...args: Args): Promise<T>; opened(): Promise<T> | undefined; close(): Promise<void> } {
  let opening: Promise<T> | undefined;
  return {
    open(...args) {
      if (!opening) {
        opening = start(...args);
        opening.catch(() => (opening = undefined));
      }
      return opening;
    },
    opened: () => opening,
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}
