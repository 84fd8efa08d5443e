import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';

/**
 * Kernel files are read synchronously: each is a few microseconds in memory, less than a hop through the thread
 * pool. A file that is missing or may not be read is `undefined`, because every caller has a fallback.
 */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** The first bytes of a file: /proc/cpuinfo repeats itself for every core and takes milliseconds on large hosts. */
export function readHead(path: string, maxBytes: number): string | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const buffer = Buffer.alloc(maxBytes);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, maxBytes, 0));
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The names in a folder, sorted; none when there is no such folder. */
export function listNames(path: string): string[] {
  try {
    return readdirSync(path).toSorted();
  } catch {
    return [];
  }
}

/** A whole, non-negative decimal number, or `undefined` for anything else (`max`, `-1`, an empty file). */
export function parseCount(text: string | undefined): number | undefined {
  const digits = text?.trim();
  return digits !== undefined && /^\d+$/.test(digits) ? Number(digits) : undefined;
}

/** Reads a file that holds one number. */
export function readCount(path: string): number | undefined {
  return parseCount(readText(path));
}
