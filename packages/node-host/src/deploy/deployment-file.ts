import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { InvalidDataError, InvalidRequestError } from '@terrace/core';
import type { DeploymentSettings } from '@terrace/core/deploy';
import type { z } from 'zod';
import { takeLock } from '../store/content/lock-file.js';
import { thisHost } from '../store/content/store-host.js';
import { unwritable, writeAtomically } from '../store/files/atomic-file.js';
import { makeFolder } from '../store/files/make-folder.js';
import { deploymentSchema } from './deployment-schema.js';

/** @throws InvalidDataError when there is none, or when it says what makes no sense */
export async function readDeployment(file: string): Promise<DeploymentSettings> {
  const parsed = deploymentSchema.safeParse(await readJson(file));
  if (!parsed.success) throw unreadable(file, issueOf(parsed.error), parsed.error);
  return parsed.data;
}

/**
 * Changes what is configured, alone of all processes.
 * @param change of what the file has; undefined where there is none
 * @throws InvalidRequestError when the outcome makes no sense, InvalidDataError when the file does not, StorageError
 */
export async function changeDeployment(
  file: string,
  change: (before: DeploymentSettings | undefined) => unknown,
): Promise<DeploymentSettings> {
  await makeFolder(dirname(file), 0o700).catch((cause: unknown) => {
    throw unwritable(file, cause);
  });
  const lock = await takeLock(`${file}.lock`, await thisHost());
  try {
    const changed = deploymentSchema.safeParse(change(existsSync(file) ? await readDeployment(file) : undefined));
    if (!changed.success) {
      throw new InvalidRequestError({
        message: `The deployment cannot be kept: ${issueOf(changed.error)}.`,
        hint: 'Correct it; `terrace deploy set --help` and `terrace deploy add --help` say what is possible.',
      });
    }
    await writeAtomically(file, `${JSON.stringify(changed.data, null, 1)}\n`, 0o600);
    return changed.data;
  } finally {
    await lock.release();
  }
}

async function readJson(file: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') throw noDeployment(file);
    throw unreadable(file, `it cannot be read: ${(cause as Error).message}`, cause);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unreadable(file, `it is not JSON: ${(cause as Error).message}`, cause);
  }
}

function issueOf({ issues: [issue] }: z.ZodError): string {
  const where = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`));
  return `${where.join('').replace(/^\./, '') || 'the top level'} is wrong: ${issue?.message ?? 'unreadable'}`;
}

const noDeployment = (file: string): InvalidDataError =>
  new InvalidDataError({
    message: 'No deployment is set up.',
    hint: 'Begin with `terrace deploy set --max-live 3 --window 1d --budget 0.0002/request`, then `terrace deploy add`.',
    facts: { file },
  });

const unreadable = (file: string, why: string, cause: unknown): InvalidDataError =>
  new InvalidDataError({
    message: `The deployment of ${file} does not count: ${why.replaceAll(/\p{Cc}/gu, '?')}.`,
    hint: 'Correct the file, or move it away and set it up again with `terrace deploy set`.',
    facts: { file },
    cause,
  });
