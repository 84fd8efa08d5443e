import {
  distrustOf,
  InvalidRequestError,
  UntrustedSignerError,
  type Clock,
  type Signed,
  type Statement,
} from '@terrace/core';
import { isOwn, signStatement } from './private-keys.js';
import { findKey, readTrust, toTrusted, type TrustKey } from './trust-file.js';

export interface Signer {
  readonly home: string;
  readonly key: TrustKey;
  readonly keys: readonly TrustKey[];
  readonly clock: Pick<Clock, 'wallMs'>;
}

/**
 * The key to sign with: the named one, or the only one of this device that is in use.
 * @throws InvalidRequestError when there is none or the choice is open, UntrustedSignerError when it is revoked or expired
 */
export async function openSigner({
  home,
  name,
  clock,
}: {
  home: string;
  name: string | undefined;
  clock: Pick<Clock, 'wallMs'>;
}): Promise<Signer> {
  const keys = await readTrust(home);
  const key = name === undefined ? onlyKey(home, keys) : findKey(keys, name);
  requireInUse(key, clock.wallMs());
  return { home, key, keys, clock };
}

/** A signature with all that a device needs to follow it to an older key. @throws InvalidRequestError, StorageError */
export async function signAs(
  { home, key, keys, clock }: Signer,
  what: Pick<Statement, 'kind' | 'subject' | 'sha256'>,
): Promise<Signed> {
  const signedAt = new Date(clock.wallMs()).toISOString();
  const envelope = await signStatement(home, { format: 1, ...what, signedAt, keyId: key.keyId });
  return { envelope, publicKey: key.publicKey, endorsements: endorsementsOf(key, keys) };
}

/** Who vouches for the key, and who for that one; no further than a key that is known here. */
export function endorsementsOf(key: TrustKey, keys: readonly TrustKey[]): Signed['endorsements'] {
  const chain: Signed['endorsements'] = [];
  const seen = new Set<string>();
  for (let at: TrustKey | undefined = key; at?.endorsement && !seen.has(at.keyId);) {
    const { endorsement, keyId }: TrustKey = at;
    seen.add(keyId);
    chain.push(endorsement!);
    at = keys.find((each) => each.keyId === endorsement!.envelope.statement.keyId);
  }
  return chain;
}

/** @throws UntrustedSignerError for a key that vouches for nothing any more */
export function requireInUse(key: TrustKey, wallMs: number): void {
  const why = distrustOf(toTrusted(key), wallMs);
  if (!why) return;
  throw new UntrustedSignerError({
    message: `The key ${key.keyId.slice(0, 12)} of ${key.owner} is ${why}: it signs nothing any more.`,
    hint: 'Make a new key (`terrace keys create --owner NAME`) and have devices trust it.',
    facts: { keyId: key.keyId, reason: why },
  });
}

function onlyKey(home: string, keys: readonly TrustKey[]): TrustKey {
  const own = keys.filter((key) => !key.revokedAt && !key.replacedBy && isOwn(home, key.keyId));
  if (own.length === 1) return own[0]!;
  throw new InvalidRequestError({
    message:
      own.length === 0 ? 'There is no key to sign with on this device.' : 'There is more than one key to sign with.',
    hint:
      own.length === 0
        ? 'Make one: `terrace keys create --owner NAME`.'
        : `Name one with --key: ${own.map(({ keyId, owner }) => `${keyId.slice(0, 12)} (${owner})`).join(', ')}.`,
  });
}
