import { parentPort } from 'node:worker_threads';
import { boundBuffers, readBytes } from '@terrace/core/documents';
import { toEnvelope } from '@terrace/core/engine';
import { documentLibraries } from './document-libraries.js';
import type { DocumentDone, DocumentWork } from './document-work.js';

if (!parentPort) throw new Error('this file is started as a worker thread');
const port = parentPort;
const tooLarge = boundBuffers();

async function read({ name, bytes }: DocumentWork): Promise<DocumentDone> {
  try {
    return { document: await Promise.race([tooLarge, readBytes(name, bytes, documentLibraries)]) };
  } catch (error) {
    return { error: toEnvelope(error) };
  }
}

port.once('message', async (work: DocumentWork) => port.postMessage(await read(work)));
