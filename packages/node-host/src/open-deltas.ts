import { createDeltas, importAdapter, type DeltasPorts } from '@terrace/core/deltas';
import { createFeatureFiles, featuresIn } from './fit/feature-files.js';
import { NodeFitter } from './fit/node-fitter.js';
import type { NodeDeltasOptions, OpenedDeltas } from './node-deltas.js';
import { startHash } from './store/files/start-hash.js';
import { readVerified } from './store/files/verified-file.js';
import { NodeRevisions } from './store/revisions/node-revisions.js';
import { workingClock } from './system-clock.js';
import { VERSION } from './version.js';

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
    features: createFeatureFiles({ folder: featuresIn(home) }),
    catalog: models,
    store: models,
    readFile: readVerified,
    // A fit that sleeps between two texts is still at work.
    clock: workingClock,
    startHash,
    release: VERSION,
  };
  return {
    deltas: { ...createDeltas(ports), importAdapter: (ask, watch) => importAdapter(ask, ports, watch) },
    revisions,
    close: async () => {
      await Promise.all([fitter.close(), revisions.close()]);
    },
  };
}
