import { UntrustedSignerError, type AcceptedKey, type Seal } from '@terrace/core';
import { distrusted } from '../../trust/distrust.js';
import { judge, UNSIGNED, type SignedBy, type Trust } from '../../trust/signed-by.js';

export interface BundleSigner {
  readonly by: SignedBy;
  /** Keys to be trusted from now on, once the bundle is in. */
  readonly accepted: readonly AcceptedKey[];
}

/**
 * Who vouches for a bundle. Nobody is an answer only where that was asked for.
 * @throws UntrustedSignerError, InvalidSignatureError
 */
export async function requireSigner(
  { sha256, signed }: Seal,
  { file, allowUnsigned, trust }: { file: string; allowUnsigned: boolean; trust: Trust },
): Promise<BundleSigner> {
  if (signed) {
    const verdict = await judge(signed, { kind: 'bundle', sha256 }, trust);
    if (verdict.kind === 'untrusted') throw distrusted(verdict, file);
    return { by: verdict, accepted: verdict.accepted };
  }
  if (allowUnsigned) return { by: UNSIGNED, accepted: [] };
  throw new UntrustedSignerError({
    message: `${file} is not signed.`,
    hint: 'Ask its maker to sign it (`terrace models bundle --key KEY`); if you know where it comes from, --allow-unsigned.',
    facts: { file, reason: 'unsigned' },
  });
}
