import { InvalidRequestError, type BundleSource } from '@terrace/core';

/** A chosen file, of which never more than a piece is in memory. */
/** @throws InvalidRequestError for what is no file */
export function blobSource(file: unknown): BundleSource {
  if (!(file instanceof Blob)) throw noFile(file);
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

const noFile = (given: unknown): InvalidRequestError =>
  new InvalidRequestError({
    message: `A bundle is a file, and not ${given === null ? 'null' : typeof given}.`,
    hint: 'Give it a Blob, such as a file that somebody chose.',
  });

/** It was moved, changed or unplugged while it was read. */
function unreadable(name: string, cause: unknown): InvalidRequestError {
  return new InvalidRequestError({
    message: `${name} cannot be read any more: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'Choose the file again.',
    facts: { file: name },
    cause,
  });
}
