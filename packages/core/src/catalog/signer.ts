import { InvalidSignatureError } from '../errors/invalid-signature-error.js';
import { isSignedBy, type Endorsement, type Signed, type Statement } from './signature.js';

/** A key as the trust file of a device knows it. Times are in milliseconds since the epoch. */
export interface TrustedKey {
  readonly keyId: string;
  readonly owner: string;
  /** From then on it vouches for nothing, whenever it signed: the date in a signature is the signer's own word. */
  readonly notAfterMs?: number | undefined;
  readonly revokedAtMs?: number | undefined;
}

export type Distrust = 'unknown' | 'revoked' | 'expired';

/** A key that is trusted from now on, because one that was trusted before vouches for it. */
export interface AcceptedKey {
  readonly keyId: string;
  /** The owner of the key that was trusted before: keys change hands in the trust file only. */
  readonly owner: string;
  readonly publicKey: string;
  readonly endorsement: Endorsement;
  /** That of the key that was trusted before: an end that was set for it holds for those that follow it. */
  readonly notAfterMs?: number | undefined;
}

export type SignerVerdict =
  | {
      readonly kind: 'trusted';
      readonly keyId: string;
      readonly owner: string;
      readonly accepted: readonly AcceptedKey[];
    }
  | { readonly kind: 'untrusted'; readonly keyId: string; readonly reason: Distrust };

/** What a signature must be about. */
export type Expected = Pick<Statement, 'kind' | 'sha256'> & Partial<Pick<Statement, 'subject'>>;

/**
 * Who signed, and whether this device believes it. A key counts when the trust file names it, or when a key that counts
 * endorses it; one that is revoked or expired vouches for nothing and nobody, however it is reached.
 * @throws InvalidSignatureError when the signature, or an endorsement beside it, is not what it says
 */
export async function judgeSignature({
  signed,
  expected,
  trusted,
  wallMs,
}: {
  readonly signed: Signed;
  readonly expected: Expected;
  readonly trusted: readonly TrustedKey[];
  readonly wallMs: number;
}): Promise<SignerVerdict> {
  const { envelope, publicKey, endorsements } = signed;
  const { statement } = envelope;
  requireAbout(statement, expected);
  if (!(await isSignedBy(envelope, publicKey))) throw invalid('the signature is not one of this key', statement);
  const keys = await followEndorsements(signed);
  for (const [index, { keyId }] of keys.entries()) {
    const known = trusted.find((key) => key.keyId === keyId);
    if (!known) continue;
    const reason = distrustOf(known, wallMs);
    // A key that is known and no longer good is not made good again by another one.
    if (reason) return { kind: 'untrusted', keyId, reason };
    const { owner, notAfterMs } = known;
    const accepted = keys
      .slice(0, index)
      .map((key, at) => ({ ...key, owner, endorsement: endorsements[at]!, notAfterMs }));
    return { kind: 'trusted', keyId: statement.keyId, owner, accepted };
  }
  return { kind: 'untrusted', keyId: statement.keyId, reason: 'unknown' };
}

/** Undefined for a key that counts now. */
export function distrustOf({ revokedAtMs, notAfterMs }: TrustedKey, wallMs: number): Distrust | undefined {
  if (revokedAtMs !== undefined) return 'revoked';
  return notAfterMs !== undefined && wallMs >= notAfterMs ? 'expired' : undefined;
}

interface Key {
  readonly keyId: string;
  readonly publicKey: string;
}

/** @returns the signer's key, the one that endorsed it, and so on. @throws InvalidSignatureError */
async function followEndorsements({ publicKey, endorsements, envelope }: Signed): Promise<Key[]> {
  const keys: Key[] = [{ keyId: envelope.statement.keyId, publicKey }];
  for (const { envelope: endorsed, publicKey: endorser } of endorsements) {
    const { statement } = endorsed;
    requireAbout(statement, { kind: 'key', sha256: keys.at(-1)!.keyId });
    if (!(await isSignedBy(endorsed, endorser))) {
      throw invalid('an endorsement is not signed by the key it names', statement);
    }
    if (keys.some(({ keyId }) => keyId === statement.keyId)) throw invalid('its endorsements form a circle', statement);
    keys.push({ keyId: statement.keyId, publicKey: endorser });
  }
  return keys;
}

function requireAbout(statement: Statement, { kind, sha256, subject }: Expected): void {
  if (statement.kind !== kind) throw invalid(`it is the signature of a ${statement.kind}, not of a ${kind}`, statement);
  if (subject !== undefined && statement.subject !== subject) {
    throw invalid(`it is about "${statement.subject}", not about "${subject}"`, statement);
  }
  if (statement.sha256 !== sha256) throw invalid('what it was made for has other content', statement);
}

function invalid(why: string, { kind, subject, keyId }: Statement): InvalidSignatureError {
  return new InvalidSignatureError({
    message: `The signature cannot be accepted: ${why}.`,
    hint: 'Get the files again from their publisher; if you are the publisher, sign them anew (`terrace keys sign`).',
    facts: { kind, subject, keyId },
  });
}
