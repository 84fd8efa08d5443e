import { waitFor, workerSession, type EngineModel, type ThreadSession } from '@terrace/core/engine';
import type { EngineThread, EngineThreads } from './engine-threads.js';

/**
 * Loads a variant in a worker thread. A failed attempt ends the thread, and another provider than `cpu` gets a
 * fresh one, so that no attempt can poison another (transformers.js#1767).
 */
export async function loadInWorker(
  model: EngineModel,
  threads: EngineThreads,
  signal?: AbortSignal,
): Promise<ThreadSession> {
  const { modelId } = model;
  const thread = threads.take(modelId, model.provider !== 'cpu');
  const { life, remote: worker } = thread;
  const loading = life.guard(() => worker.load(model));
  try {
    const report = await waitFor(loading, signal);
    thread.loads++;
    return Object.assign(workerSession({ modelId, worker, life, letGo: () => letGo(thread, threads) }), { report });
  } catch (error) {
    // Only once the load itself is over: the runtime does not survive that its thread is taken away in a call.
    void loading.catch(() => undefined).then(() => thread.end());
    throw error;
  }
}

async function letGo(thread: EngineThread, threads: EngineThreads): Promise<void> {
  try {
    await thread.life.guard(() => thread.remote.release());
  } catch (error) {
    await thread.end();
    throw error;
  }
  await threads.giveBack(thread);
}
