import { InvalidDataError } from '@terrace/core';
import { sha256Of } from './sha256-of.js';

/** One file of a deployed page. */
export interface ListedFile {
  /** Below the folder of the list, with `/` between names, unescaped. */
  readonly path: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** Kept from its first use on; a version is whole without it. */
  readonly whenUsed?: true;
}

/** Every file of one version of a page, as `terrace precache` writes it. */
export interface FileList {
  /** sha256 of `files` as JSON without spaces, in hex. */
  readonly version: string;
  readonly files: readonly ListedFile[];
}

/**
 * @param url where it came from
 * @throws InvalidDataError when it is no list, or not the one it says it is
 */
export async function parseFileList(text: string, url: string): Promise<FileList> {
  const { version, files } = parseJson(text, url);
  if (!Array.isArray(files) || files.length === 0) throw noList(url, 'it has no files');
  const wrong = files.find((file) => !isListedFile(file));
  if (wrong !== undefined) throw noList(url, `${JSON.stringify(wrong).slice(0, 200)} is no file`);
  if (new Set(files.map(({ path }: ListedFile) => path)).size < files.length) throw noList(url, 'it has a file twice');
  const expected = await sha256Of(new TextEncoder().encode(JSON.stringify(files)));
  if (version !== expected) throw noList(url, 'its version is that of other files');
  return { version: expected, files };
}

function parseJson(text: string, url: string): { readonly version?: unknown; readonly files?: unknown } {
  try {
    return (JSON.parse(text) as object | null) ?? {};
  } catch {
    throw noList(url, 'it is not JSON');
  }
}

function isListedFile(value: unknown): value is ListedFile {
  if (typeof value !== 'object' || value === null) return false;
  const { path, bytes, sha256, whenUsed } = value as Readonly<Record<string, unknown>>;
  return (
    typeof path === 'string' &&
    isPath(path) &&
    Number.isSafeInteger(bytes) &&
    Number(bytes) >= 0 &&
    typeof sha256 === 'string' &&
    /^[0-9a-f]{64}$/.test(sha256) &&
    (whenUsed === undefined || whenUsed === true)
  );
}

/** Whether a path has an address of its own below a folder. */
function isPath(path: string): boolean {
  if (path.includes('\\') || !path.split('/').every((name) => !['', '.', '..'].includes(name))) return false;
  try {
    encodeURI(path);
    return true;
  } catch {
    // Half a character.
    return false;
  }
}

const noList = (url: string, why: string): InvalidDataError =>
  new InvalidDataError({
    message: `${url} is no list of a page's files: ${why}.`,
    hint: 'Write it with `terrace precache FOLDER` and deploy it together with the files.',
    facts: { url },
  });
