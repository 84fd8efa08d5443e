import { constants } from 'node:fs';
import { lstat, open, readdir, realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { ArtifactMissingError, InvalidRequestError } from '@terrace/core';

const MIB = 2 ** 20;

/** Most that is read of each kind of file, in bytes. A protocol buffer, which ONNX files are, ends at 2 GiB. */
export const LIMITS = {
  weights: 2048 * MIB,
  tensors: 256 * MIB,
  tokenizer: 64 * MIB,
  manifest: 8 * MIB,
  text: MIB,
} as const;

/** Names a folder may hold before it is taken for something else. */
const MAX_ENTRIES = 1000;

/** A file of the user's folder that was looked at: a plain one, inside, and no larger than allowed. */
export interface SourceFile {
  /** Without symbolic links. */
  readonly path: string;
  readonly bytes: number;
  /** Of a file of the content store: weights stay there instead of being copied. */
  readonly sha256?: string | undefined;
}

/** The folder that a user names: nothing in it is believed. */
export interface SourceFolder {
  /** As the user wrote it: a link to a folder may have a name of its own. */
  readonly name: string;
  /** Where its weights can be fetched again, for a manifest that is written for it. */
  readonly origin?: ((folder: string) => string | undefined) | undefined;
  /** Who published it, where the place it comes from says so. */
  readonly publisher?: string | undefined;
  /**
   * @returns undefined when there is no such name
   * @throws InvalidRequestError when it leaves the folder, is no plain file, is empty or too large
   */
  find(name: string, maxBytes: number): Promise<SourceFile | undefined>;
  /** @throws ArtifactMissingError when there is no such name, else like `find` */
  require(name: string, maxBytes: number): Promise<SourceFile>;
  /** Names in a folder of it; none when it does not exist. */
  names(folder: string): Promise<string[]>;
  /** The folder it lies in; only what a family of models shares is taken from there. */
  parent(): SourceFolder;
}

/** @throws InvalidRequestError when there is no such folder */
export async function openSource(path: string): Promise<SourceFolder> {
  const real = await realpath(path).catch(() => undefined);
  if (real !== undefined && (await stat(real)).isDirectory()) return sourceFolder(real, basename(resolve(path)));
  throw new InvalidRequestError({
    message: `${path} is not a folder.`,
    hint: 'Name the folder that holds model.json, delta.json or config.json.',
    facts: { folder: path },
  });
}

function sourceFolder(root: string, name: string): SourceFolder {
  const find = async (file: string, maxBytes: number): Promise<SourceFile | undefined> => {
    const path = join(root, file);
    if (!(await lstat(path).catch(() => undefined))) return undefined;
    const real = await realpath(path).catch(() => undefined);
    const inside = root.endsWith(sep) ? root : root + sep;
    if (real === undefined || !real.startsWith(inside)) throw leaves(path);
    const entry = await stat(real);
    if (!entry.isFile()) throw unusable(path, 'it is not a plain file', 'Put the file itself there.');
    if (entry.size === 0) throw unusable(path, 'it is empty', 'Fetch it again.');
    if (entry.size > maxBytes) {
      throw unusable(
        path,
        `it has ${entry.size} bytes, at most ${maxBytes} are read`,
        'Check that it is the right file.',
      );
    }
    return { path: real, bytes: entry.size };
  };
  return {
    name,
    find,
    async require(file, maxBytes) {
      const found = await find(file, maxBytes);
      if (found) return found;
      throw new ArtifactMissingError({
        message: `${join(root, file)} is missing.`,
        hint: 'Add the file to the folder and run the command again.',
        facts: { file: join(root, file) },
      });
    },
    async names(folder) {
      const names = await readdir(join(root, folder)).catch(() => []);
      if (names.length > MAX_ENTRIES) {
        throw unusable(join(root, folder), `it holds ${names.length} files`, 'Name the folder of one model.');
      }
      return names.toSorted();
    },
    parent: () => sourceFolder(dirname(root), basename(dirname(root))),
  };
}

/** Opened once: what is checked, hashed and copied is the same file. */
export const openSourceFile = ({ path }: SourceFile): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW);

export function unreadable(path: string, cause: unknown): ArtifactMissingError {
  return new ArtifactMissingError({
    message: `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'Check the file and its permissions.',
    facts: { file: path },
    cause,
  });
}

function leaves(path: string): InvalidRequestError {
  return unusable(
    path,
    'it is a link that leaves the folder or leads nowhere',
    'Copy the folder with its links resolved (`cp -rL FOLDER COPY`) and add the copy.',
  );
}

function unusable(path: string, why: string, hint: string): InvalidRequestError {
  return new InvalidRequestError({ message: `${path} cannot be used: ${why}.`, hint, facts: { file: path } });
}
