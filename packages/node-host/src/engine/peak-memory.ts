import { readFile, writeFile } from 'node:fs/promises';

/**
 * Starts watching the process's resident memory; the returned function tells how far it rose at its
 * highest point, in bytes. Linux keeps that mark itself and lets a process reset it; elsewhere only the
 * rise between start and end is known.
 */
export async function watchPeakMemory(): Promise<() => Promise<number>> {
  await writeFile('/proc/self/clear_refs', '5').catch(() => undefined);
  const before = process.memoryUsage.rss();
  return async () => {
    const now = process.memoryUsage.rss();
    const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
    const highest = Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
    return Math.max(0, Math.max(highest, now) - before);
  };
}
