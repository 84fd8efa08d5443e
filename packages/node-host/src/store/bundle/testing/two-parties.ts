import path from 'node:path';
import { chooseContents } from '@terrace/core';
import { beforeEach, expect } from 'vitest';
import { createKey, exportKey, trustKey } from '../../../trust/keys.js';
import { openSigner } from '../../../trust/signing.js';
import { openModelFolders } from '../../catalog/model-folders.js';
import { importBundle } from '../import-bundle.js';
import { writeBundle } from '../write-bundle.js';
import { noModels, snapshot, temporaryFolder, tinyModels } from './tiny-models.js';

export const NOW = Date.parse('2031-05-01T12:00:00Z');
export const at = (wallMs: number) => ({ wallMs: () => wallMs });
export const clock = at(NOW);
export const signal: AbortSignal = new AbortController().signal;

/** Folders of one test: the state folders of both sides, what the device ships with, and what the publisher has. */
interface Folders {
  publisher: string;
  device: string;
  shipped: string;
  models: string;
}

/** A publisher with a key and models, and a device that knows nothing of either; anew before each test of a file. */
export function twoParties() {
  const folders: Folders = { publisher: '', device: '', shipped: '', models: '' };

  beforeEach(async () => {
    Object.assign(folders, { publisher: temporaryFolder(), device: temporaryFolder() });
    Object.assign(folders, { shipped: await noModels(), models: await tinyModels() });
    await createKey({ owner: 'ACME', home: folders.publisher, clock });
  });

  async function bundle({ from = folders.models, key = undefined as string | undefined, sign = true } = {}) {
    const out = path.join(temporaryFolder(), 'models.terrace');
    const opened = await openModelFolders({ shipped: from, added: '/no/models/were/added' });
    const contents = chooseContents(opened.current(), { ids: [], domain: undefined });
    const signer = sign ? await openSigner({ home: folders.publisher, name: key, clock }) : undefined;
    await writeBundle({ contents, folders: opened, out, signer, signal, onProgress: () => undefined });
    return out;
  }

  const bringIn = (file: string, options: Partial<Parameters<typeof importBundle>[0]> = {}) =>
    importBundle({
      file,
      home: folders.device,
      overlay: path.join(folders.device, 'models'),
      shipped: folders.shipped,
      clock,
      accepted: [],
      allowUnsigned: false,
      signal,
      onProgress: () => undefined,
      ...options,
    });

  /** By the file of its key. */
  async function trustPublisher(name = 'ACME', notAfter?: string): Promise<void> {
    const out = path.join(temporaryFolder(), 'acme.key');
    await exportKey({ name, out, home: folders.publisher });
    await trustKey({ file: out, home: folders.device, clock, notAfter });
  }

  /** What a bundle is refused with; the state folder of the device is not touched by it. */
  async function refusal(
    file: string,
    options?: Parameters<typeof bringIn>[1],
  ): Promise<{ code: string; message: string }> {
    const before = snapshot(folders.device);
    const error: unknown = await bringIn(file, options).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(snapshot(folders.device)).toEqual(before);
    return error as Error & { code: string };
  }

  return { folders, bundle, bringIn, trustPublisher, refusal };
}
