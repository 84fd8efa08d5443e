import {
  DOCUMENT_LIMITS,
  mediaTypeOf,
  startReadingTime,
  unreadable,
  type TypedDocument,
} from '@terrace/core/documents';
import { EngineError, fromEnvelope } from '@terrace/core/engine';
import type { DocumentSaid, DocumentWork } from './answer-documents.js';

/** Where the scripts of the workers are. */
export interface DocumentScripts {
  /** Of text, Markdown and HTML. */
  readonly text: string | URL;
  readonly pdf: string | URL;
}

export interface ReadBlobOptions {
  /** How it ends says what it is; that of a File by default. */
  readonly name?: string | undefined;
  readonly scripts: DocumentScripts;
  readonly signal?: AbortSignal | undefined;
  readonly limitMs?: number | undefined;
}

/** So much says what it is. */
const HEAD_BYTES = 1024;

/**
 * Reads a document in a worker of its own, which is ended when it takes too long, and in any case afterwards.
 * @throws InvalidDocumentError, EngineError when the script of the worker cannot be loaded, or the signal's reason
 */
export async function readDocumentBlob(
  blob: Blob,
  { name = blob instanceof File ? blob.name : '', scripts, signal, limitMs = DOCUMENT_LIMITS.readMs }: ReadBlobOptions,
): Promise<TypedDocument> {
  signal?.throwIfAborted();
  const { fileBytes } = DOCUMENT_LIMITS;
  if (blob.size > fileBytes) throw unreadable('too-large', `${fileBytes / 2 ** 20} MiB`);
  const head = await headOf(blob);
  const script = mediaTypeOf(name, head) === 'application/pdf' ? scripts.pdf : scripts.text;
  signal?.throwIfAborted();
  const worker = new Worker(script, { type: 'module', name: 'terrace-documents' });
  const { port1, port2 } = new MessageChannel();
  let stopWatching = (): void => undefined;
  try {
    return await new Promise<TypedDocument>((resolve, reject) => {
      const time = startReadingTime(limitMs, reject);
      const onAbort = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      stopWatching = () => {
        time.stop();
        signal?.removeEventListener('abort', onAbort);
      };
      port1.addEventListener('message', ({ data }: MessageEvent<DocumentSaid>) => {
        if ('page' in data) time.page();
        else if ('document' in data) resolve(data.document);
        else reject(fromEnvelope(data.error));
      });
      port1.start();
      worker.addEventListener('error', (event) => {
        // It is dealt with here: the page has not failed.
        event.preventDefault();
        reject(noWorker(script, event.message));
      });
      const work: DocumentWork = { name, blob, port: port2 };
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker takes no origin
      worker.postMessage(work, [port2]);
    });
  } finally {
    stopWatching();
    port1.close();
    worker.terminate();
  }
}

/** A file that was chosen may have changed or gone since. */
async function headOf(blob: Blob): Promise<Uint8Array> {
  try {
    return new Uint8Array(await blob.slice(0, HEAD_BYTES).arrayBuffer());
  } catch (cause) {
    throw unreadable('damaged', '', cause);
  }
}

const noWorker = (script: string | URL, why: string | undefined): EngineError =>
  new EngineError({
    message: `The worker that reads documents ended: ${why ?? 'its script cannot be loaded'}.`,
    hint: "If it cannot be loaded, serve every file of @terrace/browser-host's folder dist/bundle.",
    facts: { url: String(script) },
  });
