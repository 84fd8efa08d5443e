import { afterEach, describe, expect, it } from 'vitest';
import { createFakeRoot, type FakeRoot } from './testing/fake-root.js';
import { readUsableCores } from './usable-cores.js';

let root: FakeRoot | undefined;
afterEach(() => root?.remove());

function coresOf(files: Readonly<Record<string, string>>, parallelism = 8): number {
  root = createFakeRoot(files);
  return readUsableCores(root.path, parallelism);
}

describe('readUsableCores', () => {
  it('is what the OS allows where there is no quota', () => {
    expect(coresOf({})).toBe(8);
  });

  it('obeys a cgroup v1 quota, also where the controllers share a mount', () => {
    const files = {
      'proc/self/cgroup': '1:cpu,cpuacct:/app\n',
      'sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_quota_us': '250000\n',
      'sys/fs/cgroup/cpu,cpuacct/app/cpu.cfs_period_us': '100000\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
      'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    };
    expect(coresOf(files)).toBe(2);
  });

  it('obeys the tightest cgroup v2 quota on the way up', () => {
    const files = {
      'proc/self/cgroup': '0::/slice/app\n',
      'sys/fs/cgroup/cgroup.controllers': 'cpu\n',
      'sys/fs/cgroup/slice/app/cpu.max': 'max 100000\n',
      'sys/fs/cgroup/slice/cpu.max': '300000 100000\n',
    };
    expect(coresOf(files)).toBe(3);
  });

  it('is at least one core', () => {
    const files = { 'sys/fs/cgroup/cgroup.controllers': 'cpu\n', 'sys/fs/cgroup/cpu.max': '20000 100000\n' };
    expect(coresOf({ 'proc/self/cgroup': '0::/\n', ...files })).toBe(1);
  });

  it('ignores garbage and a period of zero', () => {
    const files = { 'sys/fs/cgroup/cgroup.controllers': 'cpu\n', 'sys/fs/cgroup/cpu.max': '20000 0\n' };
    expect(coresOf({ 'proc/self/cgroup': '0::/\n', ...files })).toBe(8);
  });
});
