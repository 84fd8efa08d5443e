import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  distrustOf,
  endorsementSchema,
  InvalidCatalogError,
  InvalidRequestError,
  parseFile,
  publicKeySchema,
  type AcceptedKey,
  type TrustedKey,
} from '@terrace/core';
import { z } from 'zod';
import { changeTrust } from './change-trust.js';
import { writeAtomically } from '../store/files/atomic-file.js';
import { readJson } from '../store/files/read-json.js';

/** Printed on terminals, and written by strangers: no control characters. */
export const ownerSchema = z
  .string()
  .regex(/^[^\p{C}]+$/u, 'printable characters')
  .max(128);
const keyIdSchema = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits');

const keySchema = z.strictObject({
  owner: ownerSchema,
  /** sha256 of the public key. */
  keyId: keyIdSchema,
  publicKey: publicKeySchema,
  addedAt: z.iso.datetime(),
  /** From then on signatures of this key count no more. */
  notAfter: z.iso.datetime().optional(),
  revokedAt: z.iso.datetime().optional(),
  /** The key that took over by rotation; this one goes on to count until it is revoked. */
  replacedBy: keyIdSchema.optional(),
  /** By which older key it was brought in. */
  endorsement: z.optional(endorsementSchema),
});
const trustSchema = z.strictObject({ format: z.literal(1), keys: z.array(keySchema).max(10_000) });

export type TrustKey = z.infer<typeof keySchema>;

const fileOf = (home: string): string => join(home, 'trust.json');

/** The keys this device knows. @throws InvalidCatalogError when the file is wrong, ArtifactMissingError */
export async function readTrust(home: string): Promise<readonly TrustKey[]> {
  const file = fileOf(home);
  if (!existsSync(file)) return [];
  const { keys } = parseFile(trustSchema, await readJson(file), 'trust file').value;
  const wrong = keys.find(({ keyId, publicKey }) => keyId !== idOf(publicKey));
  if (!wrong) return keys;
  throw new InvalidCatalogError({
    message: `The trust file is wrong: ${wrong.keyId.slice(0, 12)} is not the id of the key beside it.`,
    hint: `Restore ${file}, or remove it and trust the keys of your publishers again (\`terrace keys trust FILE\`).`,
    facts: { file, keyId: wrong.keyId },
  });
}

/** Within `changeTrust`. @throws StorageError */
export const writeTrust = (home: string, keys: readonly TrustKey[]): Promise<void> =>
  writeAtomically(fileOf(home), `${JSON.stringify({ format: 1, keys }, null, 1)}\n`);

/**
 * Takes in keys that a trusted key vouched for; the older one says what replaced it. None are taken in when that one was
 * revoked, or came to its end, since they were judged.
 * @throws StorageError
 */
export async function acceptKeys(home: string, accepted: readonly AcceptedKey[], wallMs: number): Promise<void> {
  const oldest = accepted.at(-1)?.endorsement.envelope.statement.keyId;
  if (oldest === undefined) return;
  await changeTrust(home, async () => {
    const known = await readTrust(home);
    const endorser = known.find(({ keyId }) => keyId === oldest);
    if (!endorser || distrustOf(toTrusted(endorser), wallMs)) return;
    const fresh = accepted.filter(({ keyId }) => !known.some((key) => key.keyId === keyId));
    const heirs = new Map(accepted.map(({ keyId, endorsement }) => [endorsement.envelope.statement.keyId, keyId]));
    const keys = [...known, ...fresh.map((key) => toAdded(key, wallMs))].map((key) => {
      const replacedBy = key.replacedBy ?? heirs.get(key.keyId);
      return { ...key, ...(replacedBy && { replacedBy }) };
    });
    await writeTrust(home, keys);
  });
}

const toAdded = ({ notAfterMs, ...key }: AcceptedKey, wallMs: number): TrustKey => ({
  ...key,
  addedAt: new Date(wallMs).toISOString(),
  ...(notAfterMs !== undefined && { notAfter: new Date(notAfterMs).toISOString() }),
});

/** What core decides by. */
export const toTrusted = ({ keyId, owner, notAfter, revokedAt }: TrustKey): TrustedKey => ({
  keyId,
  owner,
  notAfterMs: notAfter === undefined ? undefined : Date.parse(notAfter),
  revokedAtMs: revokedAt === undefined ? undefined : Date.parse(revokedAt),
});

export const idOf = (publicKey: string): string =>
  createHash('sha256').update(Buffer.from(publicKey, 'base64')).digest('hex');

/**
 * A key by its id, the first eight or more digits of it, or its owner's name.
 * @throws InvalidRequestError when there is none, or more than one
 */
export function findKey(keys: readonly TrustKey[], name: string): TrustKey {
  const byId = /^[0-9a-f]{8,64}$/.test(name) ? keys.filter(({ keyId }) => keyId.startsWith(name)) : [];
  const inUse = (key: TrustKey): boolean => key.revokedAt === undefined && key.replacedBy === undefined;
  const found = byId.length > 0 ? byId : keys.filter((key) => key.owner === name && inUse(key));
  if (found.length === 1) return found[0]!;
  const ids = (found.length > 0 ? found : keys).map(({ keyId, owner }) => `${keyId.slice(0, 12)} (${owner})`);
  throw new InvalidRequestError({
    message: found.length > 1 ? `More than one key is called "${name}".` : `There is no key "${name}".`,
    hint: ids.length > 0 ? `Name one of these: ${ids.join(', ')}.` : 'Make one: `terrace keys create --owner NAME`.',
    facts: { key: name },
  });
}
