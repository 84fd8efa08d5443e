import { StorageError } from '@terrace/core';

/** Whether it failed for want of room. */
export const isFull = (error: unknown): boolean =>
  StorageError.isInstance(error) && error.facts['reason'] === 'QuotaExceededError';

/** Whatever the browser says of its storage, as a StorageError with the fact `reason`. */
export function storageFailure(doing: string, cause: unknown): StorageError {
  if (StorageError.isInstance(cause)) return cause;
  const [reason, why] = cause instanceof Error ? [cause.name, cause.message] : [String(cause), String(cause)];
  return new StorageError({
    // Some of what browsers say ends with a stop.
    message: `The browser's storage cannot ${doing}: ${why.replace(/\.$/, '')}.`,
    hint: hintFor(reason),
    facts: { reason },
    cause,
  });
}

function hintFor(reason: string): string {
  if (reason === 'QuotaExceededError') return 'Free some disk space, or let the site have more of it.';
  if (globalThis.isSecureContext === false)
    return 'Serve the page over https: without it browsers let nothing be stored.';
  return 'Let the site store data (no private window, site data allowed).';
}
