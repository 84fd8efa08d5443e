import { existsSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { createOpenSessions, createTurns, EngineError, waitFor, type Lifeline } from '@terrace/core/engine';
import type { PipelineEngine, PipelineModel, PipelineSession } from '@terrace/core/pipeline';
import { releaseProxy, wrap, type Remote } from 'comlink';
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs';
import { useErrorEnvelope } from '../engine/comlink-errors.js';
import { forbidTelemetry } from '../engine/forbid-telemetry.js';
import { watchWorker } from '../engine/worker-life.js';
import type { PipelineWorker } from './pipeline-protocol.js';

export interface NodePipelineEngineOptions {
  /** The compiled worker; tests that run from sources name the built one. */
  readonly workerUrl?: URL;
}

/**
 * Pipelines of @huggingface/transformers in threads, one a model: what a session leaves behind in memory goes with its
 * thread. The library is loaded in them and nowhere else.
 */
export function createNodePipelineEngine({
  workerUrl = new URL('./pipeline-worker.js', import.meta.url),
}: NodePipelineEngineOptions = {}): PipelineEngine {
  forbidTelemetry();
  const sessions = createOpenSessions<PipelineSession>();

  const load = async (
    model: PipelineModel,
    signal: AbortSignal | undefined,
    letGo: () => void,
  ): Promise<PipelineSession> => {
    const located = { ...model, model: folderOf(model) };
    const { remote, life, end } = startThread(workerUrl, model.model);
    const loading = life.guard(() => remote.load(located));
    try {
      await waitFor(loading, signal);
    } catch (error) {
      // Only once the load itself is over: the runtime does not survive that its thread is taken away in a call.
      void loading.catch(() => undefined).then(end);
      throw error;
    }
    return pipelineSession({ remote, life, end, letGo });
  };

  return {
    load: (model, { signal } = {}) => sessions.load(model.model, signal, (letGo) => load(model, signal, letGo)),
    close: () => sessions.close(),
  };
}

interface PipelineThread {
  readonly remote: Remote<PipelineWorker>;
  readonly life: Lifeline;
  end(): Promise<void>;
}

function startThread(workerUrl: URL, name: string): PipelineThread {
  useErrorEnvelope();
  // Flags of the host process, such as an input type or a loader, are not meant for this file.
  const worker = new Worker(workerUrl, { name: 'terrace-pipeline', execArgv: [] });
  const remote = wrap<PipelineWorker>(nodeEndpoint(worker));
  return {
    remote,
    life: watchWorker(worker, () => name),
    async end() {
      remote[releaseProxy]();
      await worker.terminate();
    },
  };
}

function pipelineSession({
  remote,
  life,
  end,
  letGo,
}: PipelineThread & { readonly letGo: () => void }): PipelineSession {
  /** A run cannot be taken back once it was sent, so those that wait do it here, where an abort reaches them. */
  const turns = createTurns();
  let released: Promise<void> | undefined;
  return {
    get alive() {
      return released === undefined && !life.ended();
    },
    run: (input, signal) => turns(() => life.guard(() => remote.run(input)), signal),
    release() {
      return (released ??= (async () => {
        letGo();
        // After the run under way: the runtime does not survive that its thread is taken away in a call.
        await turns(() => life.guard(() => remote.release()))
          .catch(() => undefined)
          .finally(end);
      })());
    },
  };
}

/** The library would look for a name among its own folders, and on the hub. @throws EngineError */
function folderOf({ model, task }: PipelineModel): string {
  const folder = path.resolve(model);
  if (existsSync(path.join(folder, 'config.json'))) return folder;
  throw new EngineError({
    message: `There is no model of a pipeline in ${folder}: it has no config.json.`,
    hint: 'Download the model, and name its folder: pipelines fetch nothing by themselves.',
    facts: { task, folder },
  });
}
