import { ArtifactCorruptError, ArtifactMissingError, type LocatedFile } from '@terrace/core/engine';
import { parseOpfsLocation } from './opfs-location.js';

/**
 * Reads a located file whole and hashes it, in any worker of the origin; bytes that are not the promised ones are never
 * used. A location is a file of the store (`opfs:`), bytes that the store holds in memory (`blob:`), or an address.
 * @throws ArtifactMissingError when it cannot be read, ArtifactCorruptError when size or sha256 differ
 */
export async function readVerified(file: LocatedFile): Promise<Uint8Array<ArrayBuffer>> {
  const content = await read(file);
  if (content.length !== file.bytes) throw wrongSize(file, content.length);
  if (globalThis.crypto?.subtle === undefined) {
    // A page without encryption cannot hash. There the store keeps nothing on the disk; what it holds in memory it has
    // hashed itself, and a blob never changes.
    if (file.location.startsWith('blob:')) return content;
    throw corrupt(file, 'nobody can tell, for a page without encryption cannot hash it');
  }
  if ((await sha256Of(content)) !== file.sha256) throw corrupt(file, 'its sha256 is not the one in the catalog');
  return content;
}

async function read(file: LocatedFile): Promise<Uint8Array<ArrayBuffer>> {
  const stored = parseOpfsLocation(file.location);
  try {
    return stored ? await readStored(file, stored) : await readAddress(file);
  } catch (cause) {
    if (ArtifactCorruptError.isInstance(cause)) throw cause;
    throw new ArtifactMissingError({
      message: `${file.location} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      hint: 'The browser may have thrown it away: ask again, and it is fetched anew.',
      facts: { file: file.location },
      cause,
    });
  }
}

async function readStored(
  file: LocatedFile,
  { folder, name }: { folder: string; name: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const root = await navigator.storage.getDirectory();
  const handle = await (await root.getDirectoryHandle(folder)).getFileHandle(name);
  const stored = await handle.getFile();
  // Before it is read: a damaged file may have any size.
  if (stored.size !== file.bytes) throw wrongSize(file, stored.size);
  return new Uint8Array(await stored.arrayBuffer());
}

async function readAddress(file: LocatedFile): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(file.location);
  if (!response.ok) throw new Error(`the server answers with status ${response.status}`);
  const content = new Uint8Array(file.bytes);
  const reader = response.body?.getReader();
  let at = 0;
  for (;;) {
    const { value } = (await reader?.read()) ?? {};
    if (!value) break;
    if (at + value.length > file.bytes) {
      await reader?.cancel();
      throw wrongSize(file, at + value.length);
    }
    content.set(value, at);
    at += value.length;
  }
  return content.subarray(0, at);
}

async function sha256Of(content: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
  return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

const wrongSize = (file: LocatedFile, found: number): ArtifactCorruptError =>
  corrupt(file, `it has ${found} bytes or more, the catalog says ${file.bytes}`);

const corrupt = ({ location }: LocatedFile, why: string): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `${location} is not the file the catalog names: ${why}.`,
    hint: 'Ask again, and it is fetched anew; if that does not help, its server has another file than its catalog says.',
    facts: { file: location },
  });
