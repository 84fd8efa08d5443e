import {
  endorsementSchema,
  InvalidRequestError,
  judgeSignature,
  MAX_ENDORSEMENTS,
  parseFile,
  publicKeySchema,
  type Clock,
} from '@terrace/core';
import { z } from 'zod';
import { changeTrust } from './change-trust.js';
import { writeAtomically } from '../store/files/atomic-file.js';
import { readGivenJson } from '../store/files/read-given-json.js';
import { createPrivateKeyFile, signStatement } from './private-keys.js';
import { distrusted } from './distrust.js';
import { endorsementsOf, requireInUse } from './signing.js';
import { findKey, idOf, ownerSchema, readTrust, toTrusted, writeTrust, type TrustKey } from './trust-file.js';

/** A public key on its way to another device. */
const keyFileSchema = z.strictObject({
  format: z.literal(1),
  owner: ownerSchema,
  publicKey: publicKeySchema,
  notAfter: z.iso.datetime().optional(),
  endorsements: z.array(endorsementSchema).max(MAX_ENDORSEMENTS).default([]),
});

interface Here {
  readonly home: string;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** Makes a key that this device signs with and trusts. @throws InvalidRequestError, StorageError */
export async function createKey({
  owner,
  notAfter,
  home,
  clock,
}: Here & { owner: string; notAfter?: string | undefined }): Promise<TrustKey> {
  const named = ownerSchema.safeParse(owner);
  if (!named.success) throw unnamed(owner);
  return changeTrust(home, async () => {
    const known = await readTrust(home);
    const key = { owner, ...(await createPrivateKeyFile(home)), addedAt: now(clock), ...(notAfter && { notAfter }) };
    await writeTrust(home, [...known, key]);
    return key;
  });
}

/** Writes the public half for other devices, with the endorsements of older keys. @throws StorageError */
export async function exportKey({ name, out, home }: { name: string; out: string; home: string }): Promise<TrustKey> {
  const keys = await readTrust(home);
  const key = findKey(keys, name);
  const { owner, publicKey, notAfter } = key;
  const file = { format: 1, owner, publicKey, ...(notAfter && { notAfter }), endorsements: endorsementsOf(key, keys) };
  await writeAtomically(out, `${JSON.stringify(file, null, 1)}\n`);
  return key;
}

/**
 * Trusts the key of a file from now on. One that a key known here vouches for takes its owner's name.
 * @throws InvalidSignatureError when an endorsement in it is wrong, UntrustedSignerError when it comes from a key that is
 *   revoked or expired here, or is such a key itself
 */
export async function trustKey({
  file,
  owner,
  notAfter,
  home,
  clock,
}: Here & { file: string; owner?: string | undefined; notAfter?: string | undefined }): Promise<TrustKey> {
  const given = parseFile(keyFileSchema, await readGivenJson(file), 'key file').value;
  if (owner !== undefined && !ownerSchema.safeParse(owner).success) throw unnamed(owner);
  const keyId = idOf(given.publicKey);
  return changeTrust(home, async () => {
    const keys = await readTrust(home);
    const known = keys.find((key) => key.keyId === keyId);
    // An end date may be moved; what was revoked stays so.
    if (known) requireInUse({ ...known, ...(notAfter && { notAfter }) }, clock.wallMs());
    const endorser = known ? undefined : await endorserOf(given, keys, clock.wallMs());
    // The word of the device's owner first; the file of a key does not undo it, and neither does a newer key.
    const until = notAfter ?? known?.notAfter ?? earlier(given.notAfter, endorser?.notAfter);
    const key: TrustKey = {
      ...(known ?? { keyId, publicKey: given.publicKey, addedAt: now(clock) }),
      owner: owner ?? known?.owner ?? endorser?.owner ?? given.owner,
      ...(until && { notAfter: until }),
      ...(endorser && { endorsement: given.endorsements[0]! }),
    };
    const others = keys.filter((each) => each.keyId !== keyId);
    await writeTrust(home, [
      ...others.map((each) => (each.keyId === endorser?.keyId ? { ...each, replacedBy: keyId } : each)),
      key,
    ]);
    return key;
  });
}

/** Makes a key that takes over from an older one of this device, which vouches for it. @throws UntrustedSignerError */
export async function rotateKey({ name, home, clock }: Here & { name: string }): Promise<TrustKey> {
  return changeTrust(home, async () => {
    const keys = await readTrust(home);
    const old = findKey(keys, name);
    requireInUse(old, clock.wallMs());
    if (old.replacedBy !== undefined) throw replaced(old);
    if (endorsementsOf(old, keys).length >= MAX_ENDORSEMENTS) throw tooLong(old);
    const fresh = await createPrivateKeyFile(home);
    const envelope = await signStatement(home, {
      format: 1,
      kind: 'key',
      subject: old.owner,
      sha256: fresh.keyId,
      signedAt: now(clock),
      keyId: old.keyId,
    });
    const endorsement = { envelope, publicKey: old.publicKey };
    const key: TrustKey = { owner: old.owner, ...fresh, addedAt: now(clock), endorsement };
    await writeTrust(home, [
      ...keys.map((each) => (each.keyId === old.keyId ? { ...each, replacedBy: key.keyId } : each)),
      key,
    ]);
    return key;
  });
}

/** From now on the key vouches for nothing on this device. Revoking it again changes nothing. @throws StorageError */
export async function revokeKey({ name, home, clock }: Here & { name: string }): Promise<TrustKey> {
  return changeTrust(home, async () => {
    const keys = await readTrust(home);
    const found = findKey(keys, name);
    const key = { ...found, revokedAt: found.revokedAt ?? now(clock) };
    await writeTrust(
      home,
      keys.map((each) => (each.keyId === key.keyId ? key : each)),
    );
    return key;
  });
}

/** The key known here that vouches for the one in the file. @throws InvalidSignatureError, UntrustedSignerError */
async function endorserOf(
  { publicKey, endorsements }: z.infer<typeof keyFileSchema>,
  keys: readonly TrustKey[],
  wallMs: number,
): Promise<TrustKey | undefined> {
  const [first, ...rest] = endorsements;
  if (!first) return undefined;
  const verdict = await judgeSignature({
    signed: { ...first, endorsements: rest },
    expected: { kind: 'key', sha256: idOf(publicKey) },
    trusted: keys.map(toTrusted),
    wallMs,
  });
  if (verdict.kind === 'untrusted' && verdict.reason !== 'unknown') throw distrusted(verdict, 'the key');
  return keys.find(({ keyId }) => keyId === first.envelope.statement.keyId);
}

/** Of two ends, of which either may be missing. */
const earlier = (a: string | undefined, b: string | undefined): string | undefined =>
  a && b ? (Date.parse(a) < Date.parse(b) ? a : b) : (a ?? b);

const now = (clock: Pick<Clock, 'wallMs'>): string => new Date(clock.wallMs()).toISOString();

const unnamed = (owner: string): InvalidRequestError =>
  new InvalidRequestError({
    message: 'The owner of a key is 1 to 128 printable characters.',
    hint: 'Name a person or an organisation, e.g. --owner "ACME Models".',
    facts: { length: owner.length },
  });

const replaced = ({ keyId, replacedBy }: TrustKey): InvalidRequestError =>
  new InvalidRequestError({
    message: `The key ${keyId.slice(0, 12)} was rotated already.`,
    hint: `Rotate the one that replaced it: ${replacedBy!.slice(0, 12)}.`,
    facts: { keyId },
  });

const tooLong = ({ keyId }: TrustKey): InvalidRequestError =>
  new InvalidRequestError({
    message: `The key ${keyId.slice(0, 12)} stands at the end of ${MAX_ENDORSEMENTS} rotations; devices follow no more.`,
    hint: 'Make a new key (`terrace keys create --owner NAME`) and have devices trust it by its file.',
    facts: { keyId },
  });
