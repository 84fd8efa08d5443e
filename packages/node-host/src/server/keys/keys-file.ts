import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { InvalidRequestError, parseFile } from '@terrace/core';
import { takeLock } from '../../store/content/lock-file.js';
import { thisHost } from '../../store/content/store-host.js';
import { unwritable, writeAtomically } from '../../store/files/atomic-file.js';
import { makeFolder } from '../../store/files/make-folder.js';
import { readJson } from '../../store/files/read-json.js';
import { hashToken, keysFileSchema, makeToken, type ServerKey } from './server-key.js';

/** Where keys lie unless a flag says otherwise. */
export const keysFileOf = (home: string): string => join(home, 'server-keys.json');

/** @throws ArtifactMissingError, InvalidCatalogError when the file is wrong */
export async function readKeys(file: string): Promise<readonly ServerKey[]> {
  return parseFile(keysFileSchema, await readJson(file), 'keys file').value.keys;
}

/**
 * Makes a key and keeps its hash; the token is nowhere but in what this returns.
 * @throws InvalidRequestError when the name is taken or something about the key is wrong, StorageError
 */
export async function addKey(
  file: string,
  key: Omit<ServerKey, 'hash' | 'createdAt'>,
  wallMs: number,
): Promise<{ readonly key: ServerKey; readonly token: string }> {
  const token = makeToken();
  const hash = hashToken(token).toString('hex');
  const added: ServerKey = { ...key, hash, createdAt: new Date(wallMs).toISOString() };
  await changeKeys(file, (keys) => {
    if (keys.some(({ name }) => name === key.name)) {
      throw new InvalidRequestError({
        message: `There is a key "${key.name}" already.`,
        hint: 'Choose another name, or remove that one: `terrace serve keys remove NAME`.',
        facts: { key: key.name },
      });
    }
    return [...keys, added];
  });
  return { key: added, token };
}

/** @throws InvalidRequestError when there is none, StorageError */
export async function removeKey(file: string, name: string): Promise<void> {
  await changeKeys(file, (keys) => {
    const left = keys.filter((each) => each.name !== name);
    if (left.length < keys.length) return left;
    throw new InvalidRequestError({
      message: `There is no key "${name}".`,
      hint: keys.length > 0 ? `Keys: ${keys.map((each) => each.name).join(', ')}.` : 'The file has no keys.',
      facts: { key: name },
    });
  });
}

async function changeKeys(file: string, change: (keys: readonly ServerKey[]) => readonly ServerKey[]): Promise<void> {
  await makeFolder(dirname(file)).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
  const lock = await takeLock(`${file}.lock`, await thisHost());
  try {
    const changed = keysFileSchema.safeParse({
      format: 1,
      keys: change(existsSync(file) ? await readKeys(file) : []),
    });
    if (!changed.success) {
      const [issue] = changed.error.issues;
      const where = String(issue?.path.at(-1) ?? 'key');
      throw new InvalidRequestError({
        message: `The key cannot be kept: "${where}" is wrong: ${issue?.message ?? 'unreadable'}.`,
        hint: `Correct "${where}".`,
      });
    }
    await writeAtomically(file, `${JSON.stringify(changed.data, null, 1)}\n`, 0o600);
  } finally {
    await lock.release();
  }
}
