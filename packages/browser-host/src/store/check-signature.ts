import {
  InvalidSignatureError,
  judgeSignature,
  keyIdOf,
  parseFile,
  signedSchema,
  UntrustedSignerError,
} from '@terrace/core';
import { parseJson } from './parse-catalog.js';

/** What is needed to tell whether somebody trusted has signed a catalog. */
export interface SignatureCheck {
  /** Raw ed25519 keys in base64. */
  readonly trustedKeys: readonly string[];
  readonly revision: string;
  /** What lies beside the catalog as its signature; undefined when nothing does. */
  readonly signature: string | undefined;
  /** Where that is from, for messages. */
  readonly place: string;
  readonly wallMs: number;
}

/**
 * Loaded only where keys are given.
 * @throws UntrustedSignerError when nobody has signed it, or nobody who is trusted; InvalidSignatureError,
 *   InvalidCatalogError when the signature is not one of this catalog
 */
export async function checkSignature({
  trustedKeys,
  revision,
  signature,
  place,
  wallMs,
}: SignatureCheck): Promise<void> {
  if (signature === undefined) throw untrusted(place, 'nobody has signed it');
  if (globalThis.crypto?.subtle === undefined) {
    throw new InvalidSignatureError({
      message: 'A page without encryption cannot check signatures.',
      hint: 'Serve the page over https, or do without trusted keys.',
    });
  }
  const signed = parseFile(signedSchema, parseJson(signature, place), 'signature').value;
  const trusted = await Promise.all(trustedKeys.map(async (key) => ({ keyId: await keyIdOf(key), owner: key })));
  const expected = { kind: 'catalog', sha256: revision } as const;
  const verdict = await judgeSignature({ signed, expected, trusted, wallMs });
  if (verdict.kind === 'untrusted') throw untrusted(place, `the key ${verdict.keyId.slice(0, 12)} is not trusted`);
}

const untrusted = (place: string, why: string): UntrustedSignerError =>
  new UntrustedSignerError({
    message: `The catalog that ${place} belongs to is not used: ${why}.`,
    hint: 'Sign it with a key that the page trusts (`terrace keys sign`), or give the page the key it is signed with.',
    facts: { file: place },
  });
