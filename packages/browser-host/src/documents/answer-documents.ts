import { boundBuffers, readBytes, type DocumentLibraries, type TypedDocument } from '@terrace/core/documents';
import { toEnvelope, type ErrorEnvelope } from '@terrace/core/engine';

/** What a worker that reads is sent. */
export interface DocumentWork {
  readonly name: string;
  readonly blob: Blob;
  /** Where the answer goes: PDF.js takes a worker that it runs in for its own, and speaks to the page. */
  readonly port: MessagePort;
}

/** What it says: that a page was read, or how it ended. */
export type DocumentSaid = { readonly page: true } | DocumentDone;

type DocumentDone = { readonly document: TypedDocument } | { readonly error: ErrorEnvelope };

/** Reads the one document that this worker is started for. */
export function answerDocuments(libraries: DocumentLibraries): void {
  const tooLarge = boundBuffers();
  addEventListener('message', ({ data }: MessageEvent<DocumentWork>) => void answer(data, libraries, tooLarge), {
    once: true,
  });
}

async function answer(
  { name, blob, port }: DocumentWork,
  libraries: DocumentLibraries,
  tooLarge: Promise<never>,
): Promise<void> {
  const say = (said: DocumentSaid): void => port.postMessage(said);
  let done: DocumentDone;
  try {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const onPage = (): void => say({ page: true });
    done = { document: await Promise.race([tooLarge, readBytes(name, bytes, libraries, onPage)]) };
  } catch (error) {
    done = { error: toEnvelope(error) };
  }
  say(done);
}

/** What this worker is not started for. */
export const elsewhere = async (): Promise<never> => {
  throw new Error('this document is read by another worker');
};
