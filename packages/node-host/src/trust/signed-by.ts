import { judgeSignature, type Clock, type Distrust, type Signed, type SignerVerdict } from '@terrace/core';
import { readTrust, toTrusted } from './trust-file.js';

/** Who vouches for something on this device. */
export type SignedBy =
  | { readonly kind: 'unsigned' }
  | { readonly kind: 'trusted'; readonly keyId: string; readonly owner: string }
  | { readonly kind: 'untrusted'; readonly keyId: string; readonly reason: Distrust };

/** Where trust is looked up. */
export interface Trust {
  readonly home: string;
  readonly clock: Pick<Clock, 'wallMs'>;
}

export const UNSIGNED: SignedBy = { kind: 'unsigned' };

/** @throws InvalidSignatureError when the signature is not one of what is expected */
export async function judge(
  signed: Signed,
  expected: Parameters<typeof judgeSignature>[0]['expected'],
  { home, clock }: Trust,
): Promise<SignerVerdict> {
  return judgeSignature({
    signed,
    expected,
    trusted: (await readTrust(home)).map(toTrusted),
    wallMs: clock.wallMs(),
  });
}

/** For a person: `ACME (1234567890ab)`, `untrusted: 1234567890ab is unknown`, `unsigned`. */
export function describeSigner(by: SignedBy): string {
  switch (by.kind) {
    case 'unsigned':
      return 'unsigned';
    case 'trusted':
      return `${by.owner} (${by.keyId.slice(0, 12)})`;
    case 'untrusted':
      return `untrusted: the key ${by.keyId.slice(0, 12)} is ${by.reason}`;
    default:
      return by satisfies never;
  }
}
