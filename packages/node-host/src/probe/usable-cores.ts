import { join } from 'node:path';
import { cgroupLevels } from './cgroup-levels.js';
import { parseCount, readCount, readText } from './read-text.js';

/**
 * Cores this process may keep busy: affinity, bounded by the tightest CPU quota around it, at least 1. Half a core
 * counts as one, since a thread cannot be halved.
 * @param parallelism what the OS lets the process run on, as os.availableParallelism() says
 */
export function readUsableCores(root: string, parallelism: number): number {
  const quotas = cgroupLevels(root, 'cpu').flatMap(({ version, folders }) =>
    folders.map(version === 1 ? readVersion1 : readVersion2),
  );
  const quota = Math.min(...quotas.filter((cores) => cores !== undefined), Infinity);
  return Math.max(1, Math.floor(Math.min(parallelism, quota)));
}

/** Cores as quota over period; -1 or a missing file is no quota. */
function readVersion1(folder: string): number | undefined {
  return coresOf(readCount(join(folder, 'cpu.cfs_quota_us')), readCount(join(folder, 'cpu.cfs_period_us')));
}

/** `cpu.max` holds `<quota or max> <period>`. */
function readVersion2(folder: string): number | undefined {
  const [quota, period] = (readText(join(folder, 'cpu.max')) ?? '').trim().split(/\s+/);
  return coresOf(parseCount(quota), parseCount(period));
}

function coresOf(quotaUs: number | undefined, periodUs: number | undefined): number | undefined {
  return quotaUs && periodUs ? quotaUs / periodUs : undefined;
}
