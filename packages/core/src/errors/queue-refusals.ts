import { OverloadedError } from './overloaded-error.js';
import { StorageError } from './storage-error.js';

/**
 * Why a queue takes no request, in the same words in every host.
 * @param hint how its user makes room in it
 */
export const queueRefusals = (hint: string) => ({
  tooMany: (waiting: number): OverloadedError =>
    new OverloadedError({
      message: `${waiting} requests wait for the network already.`,
      hint,
      facts: { waiting },
    }),
  tooMuch: (waitingBytes: number): OverloadedError =>
    new OverloadedError({
      message: `The requests that wait for the network hold ${waitingBytes} bytes already.`,
      hint,
      facts: { waitingBytes },
    }),
  tooLong: (bytes: number, maxBytes: number): StorageError =>
    new StorageError({
      message: `A request of ${bytes} bytes is too long for the queue.`,
      hint: `The limit is ${maxBytes} bytes.`,
      facts: { bytes, maxBytes, fault: 'entry' },
    }),
  badId: (): StorageError =>
    new StorageError({
      message: 'A request without a proper id cannot be queued.',
      hint: 'Give it an id of 1 to 256 characters.',
      facts: { fault: 'entry' },
    }),
});
