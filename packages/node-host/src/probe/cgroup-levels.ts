import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readText } from './read-text.js';

/** Folders of this process's cgroup, innermost first, up to the root of the mount. */
interface CgroupLevels {
  readonly version: 1 | 2;
  readonly folders: readonly string[];
}

/**
 * Every hierarchy that may hold `controller` for this process. Hybrid systems mount both versions; the one without
 * the controller simply has no files of it.
 * @param root folder that holds `proc` and `sys`
 */
export function cgroupLevels(root: string, controller: 'memory' | 'cpu'): CgroupLevels[] {
  const base = join(root, 'sys/fs/cgroup');
  const found: CgroupLevels[] = [];
  for (const { controllers, path } of parseMembership(readText(join(root, 'proc/self/cgroup')) ?? '')) {
    if (controllers.length === 0) {
      for (const mount of [base, join(base, 'unified')]) {
        if (existsSync(join(mount, 'cgroup.controllers'))) found.push({ version: 2, folders: walkUp(mount, path) });
      }
    } else if (controllers.includes(controller)) {
      for (const mount of new Set([join(base, controller), join(base, controllers.join(','))])) {
        if (existsSync(mount)) found.push({ version: 1, folders: walkUp(mount, path) });
      }
    }
  }
  return found;
}

/** Lines look like `4:cpu,cpuacct:/some/path` (v1) and `0::/some/path` (v2). */
function parseMembership(text: string): { controllers: string[]; path: string }[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (match?.[1] === undefined || match[2] === undefined) return [];
    return [{ controllers: match[1].split(',').filter((name) => name !== ''), path: match[2] }];
  });
}

/**
 * In a container the path is often the host's while the mount's root is the container's own cgroup. Folders that
 * do not exist are therefore kept out by their missing files, and the root of the mount is always visited.
 */
function walkUp(mount: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  const folders: string[] = [];
  for (let depth = parts.length; depth >= 0; depth -= 1) folders.push(join(mount, ...parts.slice(0, depth)));
  return folders;
}
