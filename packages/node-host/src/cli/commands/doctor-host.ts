import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StorageError } from '@terrace/core';
import { readStorage } from '../../probe/disk.js';
import { unwritable } from '../../store/files/atomic-file.js';
import { makeFolder } from '../../store/files/make-folder.js';
import { bytes } from '../output.js';
import type { Check, Finding } from './doctor-context.js';

const NEEDED = [20, 19] as const;

export const nodeVersion: Check = {
  name: 'node',
  async run() {
    return [judgeVersion(process.versions.node)];
  },
};

/** @param version such as `20.19.0` */
export function judgeVersion(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1]);
  if (enough) return { name: 'node', state: 'ok', found: version };
  return { name: 'node', state: 'problem', found: version, fix: `Install Node ${NEEDED.join('.')} or newer.` };
}

export const settingsFile: Check = {
  name: 'settings',
  async run({ settings }) {
    const { home, models, memoryBytes, warnings } = await settings();
    const memory = memoryBytes === undefined ? '' : `, at most ${bytes(memoryBytes)} for models`;
    return [
      { name: 'settings', state: 'ok', found: `state in ${home}, models in ${models}${memory}` },
      ...warnings.map((found): Finding => ({
        name: 'settings',
        state: 'warning',
        found,
        fix: 'Remove the field from terrace.config.json, or correct its name.',
      })),
    ];
  },
};

export const stateFolder: Check = {
  name: 'state folder',
  async run({ settings }) {
    const { home } = await settings();
    const unwritten = await tryToWrite(home);
    if (unwritten) {
      const found = `${unwritten.message} Answers go on; their records wait in memory and end with the process.`;
      return [{ name: 'state folder', state: 'problem', found, fix: unwritten.hint }];
    }
    const { freeBytes, reserveBytes } = await readStorage(home);
    if (freeBytes >= reserveBytes) {
      return [{ name: 'state folder', state: 'ok', found: `${home} is writable, ${bytes(freeBytes)} free` }];
    }
    return [
      {
        name: 'state folder',
        state: 'warning',
        found: `${home} is writable, ${bytes(freeBytes)} free, which is below the reserve of ${bytes(reserveBytes)}`,
        fix: 'Free some space, or set TERRACE_HOME to a larger disk: the ledger grows, and added models need room.',
      },
    ];
  },
};

/** @returns why it cannot be written */
async function tryToWrite(folder: string): Promise<StorageError | undefined> {
  const file = join(folder, `doctor-${randomUUID()}.tmp`);
  try {
    await makeFolder(folder);
    await writeFile(file, 'written by terrace doctor\n');
    return undefined;
  } catch (cause) {
    return unwritable(folder, cause);
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}
