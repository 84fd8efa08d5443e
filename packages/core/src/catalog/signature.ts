import { z } from 'zod/mini';
import { canonicalJson } from './canonical-json.js';
import { sha256Schema } from './fields.js';

/** So that a signature of ours is never one of another program, and never one of a later form of statement. */
const PREFIX = 'terrace signed statement, format 1\n';

/** Keys that vouch for one another, at most so many in a row: each one is a check before anything is trusted. */
export const MAX_ENDORSEMENTS = 8;

/** Base64 of exactly `length` bytes in the one form there is: no other text stands for the same bytes. */
const base64Of = (length: number) =>
  z.string().check(
    z.refine((text) => {
      const bytes = text.length <= 2 * length && /^[A-Za-z0-9+/]+=*$/.test(text) ? fromBase64(text) : undefined;
      return bytes?.length === length && toBase64(bytes) === text;
    }, `base64 of ${length} bytes`),
  );

/** A raw ed25519 public key. */
export const publicKeySchema = base64Of(32);

const statementSchema = z.strictObject({
  format: z.literal(1),
  kind: z.enum(['catalog', 'bundle', 'delta', 'endpoint', 'key']),
  /** What is signed, for people: a delta's id, the owner of a key. */
  subject: z.string().check(z.minLength(1), z.maxLength(256)),
  /** What is signed, exactly: catalog revision, hash of a bundle's manifest, content id of a delta or endpoint, key id. */
  sha256: sha256Schema,
  /** What the signer's clock said; nothing is decided by it. */
  signedAt: z.iso.datetime(),
  /** Whose signature it is. */
  keyId: sha256Schema,
});

/** A statement and the signature over it. */
export const envelopeSchema = z.strictObject({ statement: statementSchema, signature: base64Of(64) });

/** One key vouches for another: the statement is of kind `key` and holds the id of the other as `sha256`. */
export const endorsementSchema = z.strictObject({
  envelope: envelopeSchema,
  /** Of the key that vouches. */
  publicKey: publicKeySchema,
});

/** What a signature file holds: all that a device needs to follow it up to a key it trusts. */
export const signedSchema = z.strictObject({
  envelope: envelopeSchema,
  /** Of the signer. */
  publicKey: publicKeySchema,
  /** Who vouches for the signer's key, then who vouches for that one, and so on. */
  endorsements: z._default(z.array(endorsementSchema).check(z.maxLength(MAX_ENDORSEMENTS)), []),
});

export type Statement = z.infer<typeof statementSchema>;
export type Envelope = z.infer<typeof envelopeSchema>;
export type Endorsement = z.infer<typeof endorsementSchema>;
export type Signed = z.infer<typeof signedSchema>;

/** The bytes that are signed. */
export const statementBytes = (statement: Statement): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(PREFIX + canonicalJson(statement));

/** A key is named by the sha256 of its 32 bytes. */
export const keyIdOf = (publicKey: string): Promise<string> => sha256Hex(fromBase64(publicKey));

export async function sha256Hex(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether the owner of the key signed this statement, and named this key in it. */
export async function isSignedBy({ statement, signature }: Envelope, publicKey: string): Promise<boolean> {
  if ((await keyIdOf(publicKey)) !== statement.keyId) return false;
  try {
    const key = await crypto.subtle.importKey('raw', fromBase64(publicKey), 'Ed25519', false, ['verify']);
    return await crypto.subtle.verify('Ed25519', key, fromBase64(signature), statementBytes(statement));
  } catch {
    // 32 bytes that are no point of the curve.
    return false;
  }
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

const toBase64 = (bytes: Uint8Array): string => btoa(String.fromCharCode(...bytes));
