import { runtimeClosed } from '@terrace/core';
import { createDeltas, type Deltas } from '@terrace/core/deltas';
import { VERSION } from '../assets/version.js';
import { createFeatureCache } from '../fit/feature-cache.js';
import { createWorkerFitter } from '../fit/worker-fitter.js';
import { createRevisionStore } from '../revisions/revision-store.js';
import { startHash } from '../store/part.js';
import { readVerified } from '../store/read-verified.js';
import type { OpenedDeltas, RareOptions } from './rare-calls.js';

export { sequel } from '@terrace/core/deltas';

/** What fits and keeps deltas, as a file of its own: a page that has none to fit never loads it. */
export function openDeltas({ name, settings, runtime, models, ports }: RareOptions): OpenedDeltas {
  const { files, threads = 1 } = settings;
  const { clock } = ports;
  const closing = new AbortController();
  const revisions = createRevisionStore({ name: `${name}-revisions`, models, clock });
  const fitter = createWorkerFitter({ files, threads, clock });
  const deltas = createDeltas({
    workshop: runtime.workshop,
    revisions,
    fitter,
    calibrate: fitter.calibrate,
    features: createFeatureCache({ name: `${name}-features`, clock }),
    catalog: models,
    store: models,
    readFile: readVerified,
    clock,
    startHash,
    release: VERSION,
  });
  return {
    async call([method, args], { signal, tell: onProgress }) {
      const over = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
      const asked = deltas[method] as (...all: unknown[]) => ReturnType<Deltas[keyof Deltas]>;
      return asked(...args, { signal: over, onProgress });
    },
    async close() {
      closing.abort(runtimeClosed());
      await Promise.all([fitter.close(), revisions.close()]);
    },
  };
}
