import { createTextRuntime, type TextPorts, type TextRuntime } from '@terrace/core/text';
import { createNodeTextEngine } from '../engine/text/node-text-engine.js';
import { readVerified } from '../store/files/verified-file.js';

/** What generates text on this host. A process that never asks for text loads nothing of it. */
export function openNodeText(
  ports: Omit<TextPorts, 'engine' | 'readFile'>,
  /** Of the engine of encoders; that of text lies beside it. */
  engineWorkerUrl: URL | undefined,
): TextRuntime {
  const workerUrl = engineWorkerUrl && new URL('./text-worker.js', engineWorkerUrl);
  return createTextRuntime({
    ...ports,
    engine: createNodeTextEngine(workerUrl && { workerUrl }),
    readFile: async (file) => readVerified(await ports.store.locate(file)),
  });
}
