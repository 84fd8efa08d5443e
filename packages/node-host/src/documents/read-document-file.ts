import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { basename } from 'node:path';
import { DOCUMENT_LIMITS, InvalidDocumentError, unreadable, type TypedDocument } from '@terrace/core/documents';
import { readInThread, type ThreadOptions } from './document-thread.js';

/**
 * Reads a file of text, Markdown, HTML or PDF.
 * @throws InvalidDocumentError, or the signal's reason
 */
export async function readDocumentFile(path: string, options: ThreadOptions = {}): Promise<TypedDocument> {
  options.signal?.throwIfAborted();
  return readInThread({ name: basename(path), bytes: await bytesOf(path) }, options);
}

async function bytesOf(path: string): Promise<Uint8Array<ArrayBuffer>> {
  let file: FileHandle | undefined;
  try {
    // A pipe that nobody writes to must keep nobody waiting.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const facts = await file.stat();
    if (!facts.isFile()) throw noFile(facts.isDirectory() ? 'a folder' : 'a pipe or a device');
    if (facts.size > DOCUMENT_LIMITS.fileBytes) throw tooLarge();
    return await readAll(file, facts.size);
  } catch (error) {
    throw InvalidDocumentError.isInstance(error) ? error : notOpened(error);
  } finally {
    await file?.close();
  }
}

/** @param size as it was: it may have grown, and files of the system say 0 */
async function readAll(file: FileHandle, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const limit = DOCUMENT_LIMITS.fileBytes;
  let bytes = new Uint8Array(Math.min(limit, Math.max(size, 4096)) + 1);
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(bytes, at, bytes.length - at);
    at += bytesRead;
    if (at > limit) throw tooLarge();
    if (bytesRead === 0) return bytes.slice(0, at);
    if (at < bytes.length) continue;
    const larger = new Uint8Array(Math.min(limit + 1, bytes.length * 2));
    larger.set(bytes);
    bytes = larger;
  }
}

const tooLarge = (): InvalidDocumentError => unreadable('too-large', `${DOCUMENT_LIMITS.fileBytes / 2 ** 20} MiB`);

const noFile = (what: string): InvalidDocumentError =>
  new InvalidDocumentError({
    message: `It is ${what}, not a document.`,
    hint: 'Name a file of text, Markdown, HTML or PDF.',
    facts: { reason: 'no-file' },
  });

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no such file.',
  ENOTDIR: 'There is no such file.',
  EACCES: 'This user may not read it.',
  EPERM: 'This user may not read it.',
  ELOOP: 'It is a link that leads back to itself.',
  ENAMETOOLONG: 'Its name is too long.',
};

/** A file or a folder that the system does not open. */
export function notOpened(cause: unknown): InvalidDocumentError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  return new InvalidDocumentError({
    message: WORDS[code] ?? `It cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: 'Check the path and who may read it.',
    facts: { reason: code },
    cause,
  });
}
