import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { RequestQueuedError } from '../errors/request-queued-error.js';
import { TerraceError } from '../errors/terrace-error.js';
import type { Clock } from '../ports/clock.js';
import type { Queue } from '../ports/queue.js';
import type { Request, RequestInput } from '../request/parse-request.js';
import type { TraceEntry } from './trace.js';

/** Whether and how one request waits for a better network. */
export interface PutOff {
  /** Whether it asks to wait, and can. */
  readonly isPossible: boolean;
  /** It waits already, and this is one more try to answer it. */
  readonly isAgain: boolean;
  /** Durable once it resolves. @throws OverloadedError when too many wait; StorageError */
  add(): Promise<void>;
}

/**
 * @param input the request as it was given: what a queue keeps, with the name of its key, as budgets count by it
 * @param isAgain whether it was put off before; it is not added once more, as somebody may have had it forgotten
 */
export function createPutOff({
  input,
  request: { whenOffline },
  requestId,
  key,
  isAgain,
  queue,
  clock,
}: {
  input: RequestInput;
  request: Pick<Request, 'whenOffline'>;
  requestId: string;
  key: string | undefined;
  isAgain: boolean;
  queue: Queue | undefined;
  clock: Pick<Clock, 'wallMs'>;
}): PutOff {
  return {
    isPossible: queue !== undefined && whenOffline === 'queue',
    isAgain,
    async add() {
      if (!isAgain)
        await queue?.add({ requestId, atWallMs: clock.wallMs(), request: JSON.stringify({ ...input, key }) });
    },
  };
}

/** Puts a request off for a better answer than it has; without room in the queue that one has to do. */
export async function addBesideAnswer(
  putOff: Pick<PutOff, 'add'>,
  requestId: string,
): Promise<Extract<TraceEntry, { kind: 'queued' | 'warning' }>> {
  try {
    await putOff.add();
    return { kind: 'queued', requestId };
  } catch (error) {
    if (!TerraceError.isInstance(error)) throw error;
    return { kind: 'warning', message: `it does not wait for a better answer: ${error.message}` };
  }
}

/** Whether waiting may mend what a tier failed with: what refuses a request now refuses it later. */
export const mayPass = (failure: TerraceError | undefined): boolean => !EndpointRefusedError.isInstance(failure);

/** @param cause what the last tier that was asked failed with; undefined when none could be asked */
export const isQueued = (requestId: string, cause: TerraceError | undefined): RequestQueuedError =>
  new RequestQueuedError({
    message: 'No tier that can answer can be reached; the request waits in the queue.',
    hint: `Read its answer later: \`runtime.queued.read("${requestId}")\`, or \`terrace queue show ${requestId}\` where the command runs.`,
    facts: { requestId },
    cause,
  });
