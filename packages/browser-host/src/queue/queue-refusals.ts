import { OverloadedError, StorageError } from '@terrace/core';

const hint = 'Let them be answered first, or forget some with `runtime.queued.forget()`.';

export const tooMany = (waiting: number): OverloadedError =>
  new OverloadedError({
    message: `${waiting} requests wait for the network already.`,
    hint,
    facts: { waiting },
  });

export const tooMuch = (waitingBytes: number): OverloadedError =>
  new OverloadedError({
    message: `The requests that wait for the network hold ${waitingBytes} bytes already.`,
    hint,
    facts: { waitingBytes },
  });

export const tooLong = (bytes: number, maxBytes: number): StorageError =>
  new StorageError({
    message: `A request of ${bytes} bytes is too long for the queue.`,
    hint: `The limit is ${maxBytes} bytes.`,
    facts: { bytes, maxBytes, fault: 'entry' },
  });

export const badId = (): StorageError =>
  new StorageError({
    message: 'A request without a proper id cannot be queued.',
    hint: 'Give it an id of 1 to 256 characters.',
    facts: { fault: 'entry' },
  });
