import {
  judgeSignature,
  keyIdOf,
  UntrustedSignerError,
  type Distrust,
  type Seal,
  type SignerVerdict,
} from '@terrace/core';

/** Who vouches for a bundle. */
export type BundleSigner = { readonly kind: 'unsigned' } | { readonly kind: 'trusted'; readonly keyId: string };

export interface SignerCheck {
  /** Raw ed25519 keys in base64. */
  readonly trustedKeys: readonly string[];
  readonly wallMs: number;
}

/** @returns undefined when nobody signed it. @throws InvalidSignatureError when the signature is of something else */
export async function judgeSeal(
  { sha256, signed }: Seal,
  { trustedKeys, wallMs }: SignerCheck,
): Promise<SignerVerdict | undefined> {
  if (!signed) return undefined;
  const trusted = await Promise.all(trustedKeys.map(async (key) => ({ keyId: await keyIdOf(key), owner: key })));
  return judgeSignature({ signed, expected: { kind: 'bundle', sha256 }, trusted, wallMs });
}

/**
 * Nobody is an answer only where that was asked for; a stranger never is.
 * @throws UntrustedSignerError with the fact `reason` and, for a stranger, `keyId` and `publicKey`;
 *   InvalidSignatureError
 */
export async function requireSigner(
  seal: Seal,
  { name, allowUnsigned, ...check }: SignerCheck & { readonly name: string; readonly allowUnsigned: boolean },
): Promise<BundleSigner> {
  const verdict = await judgeSeal(seal, check);
  if (verdict?.kind === 'trusted') return { kind: 'trusted', keyId: verdict.keyId };
  if (verdict) throw stranger(name, verdict, seal.signed?.publicKey);
  if (allowUnsigned) return { kind: 'unsigned' };
  throw new UntrustedSignerError({
    message: `${name} is not signed.`,
    hint: 'Ask its maker to sign it (`terrace models bundle --key KEY`); whoever knows where it is from may allow it.',
    facts: { file: name, reason: 'unsigned' },
  });
}

function stranger(
  name: string,
  { keyId, reason }: { readonly keyId: string; readonly reason: Distrust },
  publicKey: string | undefined,
): UntrustedSignerError {
  return new UntrustedSignerError({
    message: `The signature of ${name} is by the key ${keyId}, which this page does not trust.`,
    hint:
      'Compare the key id with its maker over a way you trust; then give the page that key as one of its trustedKeys, ' +
      'or import a bundle that a key it trusts has signed.',
    facts: { file: name, keyId, reason, publicKey },
  });
}
