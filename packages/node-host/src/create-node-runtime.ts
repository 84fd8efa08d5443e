import { join } from 'node:path';
import { createRuntime, type Clock, type Ledger, type Runtime } from '@terrace/core';
import { createNodeEngine } from './engine/node-engine.js';
import { openSqliteLedger } from './ledger/sqlite-ledger.js';
import { createNodeProbe } from './probe/node-probe.js';
import { defaultHome } from './store/home.js';
import { openModelFolders, shippedModels, type ModelFolders } from './store/catalog/model-folders.js';
import { systemClock } from './system-clock.js';

export interface NodeRuntimeOptions {
  /** Where state lives: ledger, measurements, added models. */
  readonly home?: string;
  /** The folder with `catalog.json`; the one that ships with Terrace by default. */
  readonly modelsFolder?: string;
  /** Most memory that models may take. */
  readonly memoryBytes?: number;
  /** Used instead of the domain's own calibration. */
  readonly calibrationFile?: string;
  /** Told when something failed that no request can report. */
  readonly onFailure?: (error: unknown) => void;
  /** The compiled worker; only code that runs from sources names it. */
  readonly engineWorkerUrl?: URL;
}

export interface NodeRuntime extends Runtime {
  readonly models: ModelFolders;
}

/** Terrace on Node: onnxruntime-node in worker threads, SQLite, and the models of a folder. */
export async function createNodeRuntime(options: NodeRuntimeOptions = {}): Promise<NodeRuntime> {
  const { home = defaultHome(), modelsFolder = shippedModels(), memoryBytes, calibrationFile, onFailure } = options;
  const models = await openModelFolders({ shipped: modelsFolder, added: join(home, 'models'), calibrationFile });
  const clock: Clock = systemClock;
  const ledger: Ledger = await openSqliteLedger({ file: join(home, 'ledger.db') });
  const runtime = createRuntime({
    catalog: models,
    store: models,
    probe: nodeProbe({ home, clock }),
    ...(memoryBytes !== undefined && { memoryCeilingBytes: memoryBytes }),
    engine: createNodeEngine(options.engineWorkerUrl && { workerUrl: options.engineWorkerUrl }),
    ledger,
    clock,
    random: Math.random,
    ...(onFailure && { onFailure }),
  });
  return { ...runtime, models };
}

/** The probe with its cache in the state folder. */
export function nodeProbe({
  home,
  clock,
  memoryBytes,
}: {
  home: string;
  clock: Clock;
  memoryBytes?: number | undefined;
}) {
  return createNodeProbe({
    cacheFile: join(home, 'device.json'),
    storagePath: home,
    clock,
    ...(memoryBytes !== undefined && { memoryCeilingBytes: memoryBytes }),
  });
}
