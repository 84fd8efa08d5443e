import { join } from 'node:path';
import { cgroupLevels } from './cgroup-levels.js';
import { parseCount, readCount, readText } from './read-text.js';
import type { MemoryLimit } from './usable-memory.js';

/** Above any machine: cgroup v1 writes "no limit" as the largest multiple of the page size below 2^63. */
const NO_LIMIT_BYTES = 2 ** 60;

/**
 * The limits that bind this process, its own and those of every cgroup around it, innermost first.
 * @param totalBytes memory of the machine; a limit of at least that binds nobody. 0 when unknown
 */
export function readMemoryLimits(root: string, totalBytes: number): MemoryLimit[] {
  const unlimited = totalBytes > 0 ? totalBytes : NO_LIMIT_BYTES;
  return cgroupLevels(root, 'memory')
    .flatMap(({ version, folders }) => folders.map(version === 1 ? readVersion1 : readVersion2))
    .filter((level) => level !== undefined && level.limitBytes < unlimited)
    .map((level) => level as MemoryLimit);
}

/** A limit of a parent outside the mount shows only as `hierarchical_memory_limit`. */
function readVersion1(folder: string): MemoryLimit | undefined {
  const own = readCount(join(folder, 'memory.limit_in_bytes'));
  if (own === undefined) return undefined;
  const stat = readText(join(folder, 'memory.stat'));
  const limitBytes = Math.min(own, statField(stat, 'hierarchical_memory_limit') ?? own);
  const used = readCount(join(folder, 'memory.usage_in_bytes')) ?? 0;
  const inactive = statField(stat, 'total_inactive_file') ?? statField(stat, 'inactive_file') ?? 0;
  return { limitBytes, usedBytes: Math.max(0, used - inactive) };
}

/** `memory.high` binds as `memory.max` does: above it the kernel throttles the process to a crawl. */
function readVersion2(folder: string): MemoryLimit | undefined {
  const bounds = ['memory.max', 'memory.high'].map((name) => readCount(join(folder, name)));
  const limits = bounds.filter((bound) => bound !== undefined);
  if (limits.length === 0) return undefined;
  const used = readCount(join(folder, 'memory.current')) ?? 0;
  const inactive = statField(readText(join(folder, 'memory.stat')), 'inactive_file') ?? 0;
  return { limitBytes: Math.min(...limits), usedBytes: Math.max(0, used - inactive) };
}

function statField(stat: string | undefined, name: string): number | undefined {
  const line = stat?.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return parseCount(line?.slice(name.length + 1));
}
