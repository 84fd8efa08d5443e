import type { FetchServer, SeenRequest, ServerAnswer } from '@terrace/core/testing';
import { onTestFinished } from 'vitest';
import { startAnsweringServer } from './answering-server.js';

export { deadUrl } from './answering-server.js';

/** A server on the loopback that answers as it is told; it ends with the test. */
export async function startFetchServer(answer: (request: SeenRequest) => ServerAnswer): Promise<FetchServer> {
  const server = await startAnsweringServer({ answer });
  onTestFinished(() => server.close());
  return server;
}
