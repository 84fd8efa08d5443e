import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidRequestError, StorageError, statementBytes, type Envelope, type Statement } from '@terrace/core';
import { unwritable } from '../store/files/atomic-file.js';
import { makeFolder } from '../store/files/make-folder.js';
import { idOf } from './trust-file.js';

const folderOf = (home: string): string => join(home, 'keys');
const fileOf = (home: string, keyId: string): string => join(folderOf(home), `${keyId}.pem`);

/** Whether this device can sign with the key. */
export const isOwn = (home: string, keyId: string): boolean => existsSync(fileOf(home, keyId));

/**
 * Makes an ed25519 key; the private half goes to `keys/<key id>.pem` of the state folder, for its owner's eyes only.
 * @returns the public half, base64 of 32 bytes
 * @throws StorageError
 */
export async function createPrivateKeyFile(home: string): Promise<{ keyId: string; publicKey: string }> {
  const pair = generateKeyPairSync('ed25519');
  const publicKey = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x!, 'base64url').toString('base64');
  const keyId = idOf(publicKey);
  const path = fileOf(home, keyId);
  try {
    await makeFolder(folderOf(home), 0o700);
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw unwritable(path, cause);
  }
  return { keyId, publicKey };
}

/**
 * Signs with a key of this device.
 * @throws InvalidRequestError when its private half is not here, StorageError when it cannot be read or others can
 */
export async function signStatement(home: string, statement: Statement): Promise<Envelope> {
  const key = await readPrivateKey(home, statement.keyId);
  return { statement, signature: sign(null, statementBytes(statement), key).toString('base64') };
}

async function readPrivateKey(home: string, keyId: string): Promise<KeyObject> {
  const path = fileOf(home, keyId);
  if (!existsSync(path)) {
    throw new InvalidRequestError({
      message: `The private half of the key ${keyId.slice(0, 12)} is not on this device.`,
      hint: 'Sign where the key was made, or make a key here: `terrace keys create --owner NAME`.',
      facts: { keyId },
    });
  }
  await requirePrivate(path);
  try {
    return createPrivateKey(await readFile(path));
  } catch (cause) {
    throw unusable(path, 'it cannot be read as a key', 'Restore it from your copy, or rotate to a new key.', cause);
  }
}

/** Where files have owners, a key that others can read is no secret. */
async function requirePrivate(path: string): Promise<void> {
  if (process.platform === 'win32' || ((await stat(path)).mode & 0o077) === 0) return;
  throw unusable(path, 'other users can read it', `Make it private (\`chmod 600 ${path}\`), or rotate to a new key.`);
}

function unusable(file: string, why: string, hint: string, cause?: unknown): StorageError {
  return new StorageError({ message: `${file} cannot be used: ${why}.`, hint, facts: { file }, cause });
}
