import { Worker } from 'node:worker_threads';
import { DOCUMENT_LIMITS, startReadingTime, unreadable, type TypedDocument } from '@terrace/core/documents';
import { fromEnvelope } from '@terrace/core/engine';
import type { DocumentSaid, DocumentWork } from './document-work.js';

/** Of JavaScript objects. What is inflated lies outside of them, where nothing but looking at the process helps. */
const HEAP_MB = 1024;
/** Most that the process may grow while a document is read; half of what is free where that is less. */
const MAX_GROWTH_BYTES = 1024 ** 3;
const LOOK_MS = 100;

export interface ThreadOptions {
  readonly signal?: AbortSignal | undefined;
  /** The compiled worker; tests that run from sources name the built one. */
  readonly workerUrl?: URL | undefined;
  readonly limitMs?: number | undefined;
}

/**
 * Reads a document in a thread of its own, which is ended when it takes too long or too much, and in any case afterwards:
 * what a hostile document has left behind there meets no other one.
 * @param work its bytes are handed over
 * @throws InvalidDocumentError, or the signal's reason
 */
export async function readInThread(
  work: DocumentWork,
  {
    signal,
    workerUrl = new URL('./documents-worker.js', import.meta.url),
    limitMs = DOCUMENT_LIMITS.readMs,
  }: ThreadOptions = {},
): Promise<TypedDocument> {
  signal?.throwIfAborted();
  const mostBytes = process.memoryUsage.rss() + Math.min(MAX_GROWTH_BYTES, process.availableMemory() / 2);
  // What PDF.js writes there is for its developers.
  const silent = { stdout: true, stderr: true } as const;
  const resourceLimits = { maxOldGenerationSizeMb: HEAP_MB };
  const worker = new Worker(workerUrl, { name: 'terrace-documents', execArgv: [], resourceLimits, ...silent });
  let stopWatching = (): void => undefined;
  try {
    return await new Promise<TypedDocument>((resolve, reject) => {
      const time = startReadingTime(limitMs, reject);
      const look = setInterval(() => {
        if (process.memoryUsage.rss() > mostBytes) reject(unreadable('too-much-memory'));
      }, LOOK_MS);
      const onAbort = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      stopWatching = () => {
        time.stop();
        clearInterval(look);
        signal?.removeEventListener('abort', onAbort);
      };
      worker.on('message', (said: DocumentSaid) => {
        if ('page' in said) time.page();
        else if ('document' in said) resolve(said.document);
        else reject(fromEnvelope(said.error));
      });
      worker.once('error', (error) => reject(failureOf(error)));
      worker.once('exit', () => reject(unreadable('damaged')));
      worker.postMessage(work, [work.bytes.buffer as ArrayBuffer]);
    });
  } finally {
    stopWatching();
    await worker.terminate();
  }
}

/** Why the thread ended. */
function failureOf(error: NodeJS.ErrnoException): Error {
  if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') return unreadable('too-much-memory', '', error);
  // Its own files are not whole: no document is at fault.
  return error.code?.includes('MODULE') ? error : unreadable('damaged', '', error);
}
