import { parentPort } from 'node:worker_threads';
import { boundBuffers, readBytes } from '@terrace/core/documents';
import { toEnvelope } from '@terrace/core/engine';
import { documentLibraries } from './document-libraries.js';
import type { DocumentDone, DocumentSaid, DocumentWork } from './document-work.js';

if (!parentPort) throw new Error('this file is started as a worker thread');
const port = parentPort;
const tooLarge = boundBuffers();

const onPage = (): void => say({ page: true });

async function read({ name, bytes }: DocumentWork): Promise<DocumentDone> {
  try {
    return { document: await Promise.race([tooLarge, readBytes(name, bytes, documentLibraries, onPage)]) };
  } catch (error) {
    return { error: toEnvelope(error) };
  }
}

const say = (said: DocumentSaid): void => port.postMessage(said);
port.once('message', async (work: DocumentWork) => say(await read(work)));
