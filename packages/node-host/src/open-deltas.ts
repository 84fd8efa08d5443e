import { composeDomains, createDeltas, type DeltasPorts, type FeatureCache } from '@terrace/core/deltas';
import { NodeFitter } from './fit/node-fitter.js';
import type { NodeDeltasOptions, OpenedDeltas } from './node-deltas.js';
import { startHash } from './store/files/start-hash.js';
import { readVerified } from './store/files/verified-file.js';
import { NodeRevisions } from './store/revisions/node-revisions.js';
import { workingClock } from './system-clock.js';
import { VERSION } from './version.js';

/** What is lost is made again. */
const FORGETFUL: FeatureCache = {
  read: async (_space, keys) => keys.map(() => undefined),
  write: async () => undefined,
};

/** Loaded when somebody first fits, keeps or takes back a delta. */
export function openDeltas({
  home,
  models,
  runtime: { workshop },
  clock,
  requireSignatures,
  engineWorkerUrl,
}: NodeDeltasOptions): OpenedDeltas {
  const folders = async () => {
    await models.refresh();
    return models;
  };
  const revisions = new NodeRevisions({ home, folders, clock, requireSignatures, onActivated: models.refresh });
  const fitter = new NodeFitter(engineWorkerUrl && { workerUrl: new URL('./fit-worker.js', engineWorkerUrl) });
  const ports: DeltasPorts = {
    workshop,
    revisions,
    fitter,
    calibrate: fitter.calibrate,
    features: FORGETFUL,
    catalog: models,
    store: models,
    readFile: readVerified,
    // A fit that sleeps between two texts is still at work.
    clock: workingClock,
    startHash,
    release: VERSION,
  };
  return {
    deltas: { ...createDeltas(ports), compose: (ask, watch = {}) => composeDomains(ask, ports, watch) },
    revisions,
    close: async () => {
      await Promise.all([fitter.close(), revisions.close()]);
    },
  };
}
