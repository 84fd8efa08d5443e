import { InvalidRequestError, type BundleSource } from '@terrace/core';

/** A chosen file, of which never more than a piece is in memory. */
export function blobSource(file: Blob): BundleSource {
  const name = file instanceof File && file.name !== '' ? file.name : 'The bundle';
  return {
    name,
    bytes: file.size,
    async read(at, bytes) {
      try {
        return new Uint8Array(await file.slice(at, at + bytes).arrayBuffer());
      } catch (cause) {
        throw unreadable(name, cause);
      }
    },
  };
}

/** It was moved, changed or unplugged while it was read. */
function unreadable(name: string, cause: unknown): InvalidRequestError {
  return new InvalidRequestError({
    message: `${name} cannot be read any more: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'Choose the file again.',
    facts: { file: name },
    cause,
  });
}
