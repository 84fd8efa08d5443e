import { ArtifactCorruptError, type FileRef } from '@terrace/core';
import type { Part } from './part.js';

/** Bytes that are wrong are asked for once more: a line or a proxy may have changed them. */
const MAX_TRIES = 2;

/** Writes a file into a part, from where it stands. */
export type Fill = (part: Part) => Promise<void>;

/**
 * Fills a part until it is the file that the catalog names; wrong bytes are thrown away.
 * @returns the part, closed
 * @throws ArtifactCorruptError when they are wrong twice, what `open` and `fill` throw
 */
export async function fillPart<P extends Part>(
  file: FileRef,
  { open, drop, fill }: { readonly open: () => Promise<P>; readonly drop: () => Promise<void>; readonly fill: Fill },
): Promise<P> {
  for (let tries = 1; ; tries++) {
    const part = await open();
    const wrong = await fillOnce(file, part, fill).finally(() => part.close());
    if (!wrong) return part;
    await drop();
    if (tries === MAX_TRIES) throw wrong;
  }
}

async function fillOnce(file: FileRef, part: Part, fill: Fill): Promise<ArtifactCorruptError | undefined> {
  try {
    await fill(part);
    const found = part.finish();
    return found === file.sha256 ? undefined : corrupt(file, found);
  } catch (error) {
    if (ArtifactCorruptError.isInstance(error)) return error;
    throw error;
  }
}

const corrupt = ({ path, sha256 }: FileRef, found: string): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `${path} is not the file the catalog names, twice in a row: its sha256 is ${found}, not ${sha256}.`,
    hint: 'Nothing of it was kept. Put the file that the catalog names on the server, or the catalog that names this one.',
    facts: { file: path, sha256: found, expected: sha256 },
  });
