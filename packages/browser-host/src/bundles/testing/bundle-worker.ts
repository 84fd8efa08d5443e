import type { Catalog, FileRef, Presence } from '@terrace/core';
import type { RevisionStore } from '@terrace/core/deltas';
import { expose, proxy } from 'comlink';
import { createRevisionStore } from '../../revisions/revision-store.js';
import { useErrorEnvelope } from '../../store/testing/error-transfer.js';
import { openModels } from '../../store/open-models.js';
import { systemClock } from '../../system-clock.js';
import type { Exported, ExportOptions } from '../export-bundle.js';
import type { Imported, ImportOptions } from '../import-bundle.js';

export interface BundleSettings {
  readonly name: string;
  readonly catalogUrl: string;
  readonly trustedKeys: readonly string[];
}

/** Models in a worker, as a test in a page sees them. */
export interface RemoteModels {
  current(): Promise<Catalog>;
  calibrated(domain: string): Promise<boolean>;
  presence(file: FileRef): Promise<Presence>;
  refresh(): Promise<boolean>;
  /** @param stopAtBytes gives up when so much has been read */
  importBundle(file: Blob, options: ImportOptions & { readonly stopAtBytes?: number }): Promise<Imported>;
  exportBundle(options: ExportOptions): Promise<Exported>;
  collect(): Promise<number>;
  /** Of the ladder revisions over them. */
  keep: RevisionStore['keep'];
  activate: RevisionStore['activate'];
  revisions: RevisionStore['list'];
  revision: RevisionStore['current'];
  calibrationOf: RevisionStore['calibration'];
  scratch: RevisionStore['scratch'];
  close(): Promise<void>;
}

async function open(settings: BundleSettings, onWarning: (message: string) => void): Promise<RemoteModels> {
  const models = await openModels({
    ...settings,
    clock: systemClock,
    loadSupply: () => import('../../store/supply.js'),
    onWarning,
  });
  const revisions = createRevisionStore({ name: `${settings.name}-revisions`, models, clock: systemClock });
  const remote: RemoteModels = {
    current: async () => models.current(),
    calibrated: async (domain) => (await models.calibration(domain)) !== undefined,
    presence: async (file) => models.presence(file),
    refresh: () => models.refresh(),
    async importBundle(file, { stopAtBytes = Infinity, ...options }) {
      const control = new AbortController();
      const onProgress = ({ doneBytes }: { readonly doneBytes: number }): void => {
        if (doneBytes >= stopAtBytes) control.abort(new Error('enough'));
      };
      const ask = { ...options, file, signal: control.signal, onProgress };
      return (await models.supply.open()).importBundle(ask, models.inForce);
    },
    exportBundle: async (options) =>
      (await models.supply.open()).exportBundle({ ...options, catalog: models.current() }),
    collect: async () => (await models.supply.open()).store.collect(),
    keep: (draft) => revisions.keep(draft),
    activate: (domain, id) => revisions.activate(domain, id),
    revisions: (domain) => revisions.list(domain),
    revision: (domain) => revisions.current(domain),
    calibrationOf: (revision) => revisions.calibration(revision),
    scratch: (bytes) => revisions.scratch(bytes),
    close: async () => models.close(),
  };
  return proxy(remote);
}

useErrorEnvelope();
expose({ open }, self as unknown as Parameters<typeof expose>[1]);
export type BundleWorker = { readonly open: typeof open };
