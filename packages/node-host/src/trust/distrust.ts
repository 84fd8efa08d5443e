import { UntrustedSignerError, type Distrust } from '@terrace/core';

const WHY: Readonly<Record<Distrust, string>> = {
  unknown: 'this device does not know that key',
  revoked: 'that key is revoked on this device',
  expired: 'that key is expired by the clock of this device',
};
const NEXT: Readonly<Record<Distrust, string>> = {
  unknown:
    'Ask the publisher for the key file over a way you trust, compare the key id, then run `terrace keys trust FILE`.',
  revoked: 'Ask the publisher for a version signed with a key that is in use, and for that key.',
  expired: 'Check the clock of the device (`date`); if it is right, ask the publisher for a version with a newer key.',
};

/** The error for a signature that is whole and comes from nobody this device believes. */
export function distrusted(
  { keyId, reason }: { readonly keyId: string; readonly reason: Distrust },
  what: string,
): UntrustedSignerError {
  return new UntrustedSignerError({
    message: `The signature of ${what} goes back to the key ${keyId}: ${WHY[reason]}.`,
    hint: NEXT[reason],
    facts: { keyId, reason },
  });
}
