/** Larger ones are taught from the command line. */
export const MOST_FILE_BYTES = 5_000_000;

export type FileFault = 'tooLarge' | 'notUtf8' | 'unreadable';

export type ReadFile =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refused'; readonly why: FileFault };

/** Nothing else is guessed: what is read in a wrong encoding is taught wrong. */
export async function readTextFile(file: Blob): Promise<ReadFile> {
  if (file.size > MOST_FILE_BYTES) return { kind: 'refused', why: 'tooLarge' };
  const bytes = await file.arrayBuffer().catch(() => undefined);
  if (!bytes) return { kind: 'refused', why: 'unreadable' };
  try {
    return { kind: 'text', text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { kind: 'refused', why: 'notUtf8' };
  }
}
