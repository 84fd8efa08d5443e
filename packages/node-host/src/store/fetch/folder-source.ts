import { posix, resolve } from 'node:path';
import { ArtifactMissingError } from '@terrace/core';
import { LIMITS, openSource, openSourceFile, unreadable, type SourceFile } from '../add/source-folder.js';
import { readSourceBytes } from '../add/source-text.js';
import type { StoreFiles } from '../content/store-host.js';
import { openPart } from './part-file.js';
import type { PullSource } from './pull-source.js';

/** A folder of this device, such as a mounted disk. @throws InvalidRequestError when there is none */
export async function folderSource(folder: string, { files }: { files: StoreFiles }): Promise<PullSource> {
  const root = await openSource(folder);
  const find = async (path: string, maxBytes: number): Promise<SourceFile | undefined> =>
    path.startsWith('../') ? root.parent().find(path.slice(3), maxBytes) : root.find(path, maxBytes);
  return {
    name: root.name,
    place: resolve(folder),
    paths: [...(await root.names('')), ...(await root.names('onnx')).map((name) => posix.join('onnx', name))],
    origin: () => undefined,
    known: () => undefined,
    async read(path, maxBytes) {
      const file = await find(path, maxBytes);
      return file && (await readSourceBytes(file));
    },
    async fill(path, partPath, content, { signal, onBytes }) {
      const file = await find(path, LIMITS.weights);
      if (!file) {
        throw new ArtifactMissingError({
          message: `${folder} holds no ${path}.`,
          hint: 'Its catalog names the file: copy the whole folder.',
          facts: { file: path },
        });
      }
      const part = await openPart(partPath, content, files);
      try {
        await part.restart(file.path, null);
        const from = await openSourceFile(file).catch((cause: unknown) => {
          throw unreadable(file.path, cause);
        });
        try {
          for await (const chunk of from.createReadStream({ end: Math.max(0, content.bytes - 1), autoClose: false })) {
            signal.throwIfAborted();
            await part.append(chunk as Buffer);
            onBytes(part.bytes);
          }
        } finally {
          await from.close();
        }
        return await part.finish();
      } finally {
        await part.close();
      }
    },
  };
}
