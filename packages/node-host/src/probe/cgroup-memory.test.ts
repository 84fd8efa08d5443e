import { afterEach, describe, expect, it } from 'vitest';
import { readMemoryLimits } from './cgroup-memory.js';
import { createFakeRoot, type FakeRoot } from './testing/fake-root.js';

const MIB = 2 ** 20;
const TOTAL = 16_384 * MIB;
const SENTINEL = '9223372036854771712\n';
const V1 = 'sys/fs/cgroup/memory';
const V2 = 'sys/fs/cgroup';

let root: FakeRoot | undefined;
afterEach(() => root?.remove());

function limitsOf(files: Readonly<Record<string, string>>, totalBytes = TOTAL): ReturnType<typeof readMemoryLimits> {
  root = createFakeRoot(files);
  return readMemoryLimits(root.path, totalBytes);
}

function v1(folder: string, limit: string, usedMib: number, inactiveMib: number): Record<string, string> {
  return {
    [`${V1}${folder}/memory.limit_in_bytes`]: limit,
    [`${V1}${folder}/memory.usage_in_bytes`]: `${usedMib * MIB}\n`,
    [`${V1}${folder}/memory.stat`]: `cache 5\ninactive_file 1\ntotal_inactive_file ${inactiveMib * MIB}\n`,
  };
}

function v2(folder: string, max: string, usedMib: number, inactiveMib: number): Record<string, string> {
  return {
    [`${V2}/cgroup.controllers`]: 'cpu memory\n',
    [`${V2}${folder}/memory.max`]: max,
    [`${V2}${folder}/memory.current`]: `${usedMib * MIB}\n`,
    [`${V2}${folder}/memory.stat`]: `anon 7\ninactive_file ${inactiveMib * MIB}\n`,
  };
}

describe('readMemoryLimits on cgroup v1', () => {
  const proc = { 'proc/self/cgroup': '8:pids:/\n4:memory:/kiosk/app\n0::/\n' };

  it('takes the limit and what cannot be reclaimed', () => {
    expect(limitsOf({ ...proc, ...v1('/kiosk/app', `${512 * MIB}\n`, 200, 50) })).toEqual([
      { limitBytes: 512 * MIB, usedBytes: 150 * MIB },
    ]);
  });

  it('counts the unlimited sentinel as no limit', () => {
    expect(limitsOf({ ...proc, ...v1('/kiosk/app', SENTINEL, 200, 50) })).toEqual([]);
    root?.remove();
    expect(limitsOf({ ...proc, ...v1('/kiosk/app', SENTINEL, 200, 50) }, 0)).toEqual([]);
  });

  it('finds a tighter limit further up', () => {
    const files = { ...proc, ...v1('/kiosk/app', `${900 * MIB}`, 100, 0), ...v1('/kiosk', `${300 * MIB}`, 250, 0) };
    expect(limitsOf({ ...files, ...v1('', SENTINEL, 5000, 0) })).toEqual([
      { limitBytes: 900 * MIB, usedBytes: 100 * MIB },
      { limitBytes: 300 * MIB, usedBytes: 250 * MIB },
    ]);
  });

  it('uses the root of the mount when the path is that of the host, as in a container', () => {
    expect(limitsOf({ ...proc, ...v1('', `${400 * MIB}`, 30, 10) })).toEqual([
      { limitBytes: 400 * MIB, usedBytes: 20 * MIB },
    ]);
  });

  it('learns of a limit outside the mount from the hierarchical one', () => {
    const stat = `hierarchical_memory_limit ${128 * MIB}\ntotal_inactive_file ${10 * MIB}\n`;
    const files = { ...v1('', SENTINEL, 30, 10), [`${V1}/memory.stat`]: stat };
    expect(limitsOf({ ...proc, ...files })).toEqual([{ limitBytes: 128 * MIB, usedBytes: 20 * MIB }]);
  });
});

describe('readMemoryLimits on cgroup v2', () => {
  const proc = { 'proc/self/cgroup': '0::/system.slice/terrace.service\n' };
  const service = '/system.slice/terrace.service';

  it('takes the limit and what cannot be reclaimed', () => {
    expect(limitsOf({ ...proc, ...v2(service, `${256 * MIB}\n`, 100, 40) })).toEqual([
      { limitBytes: 256 * MIB, usedBytes: 60 * MIB },
    ]);
  });

  it('counts max, and a limit above the machine, as no limit', () => {
    const files = { ...proc, ...v2(service, 'max\n', 100, 40), ...v2('/system.slice', `${2 * TOTAL}`, 100, 40) };
    expect(limitsOf(files)).toEqual([]);
  });

  it('finds a tighter limit further up', () => {
    const files = { ...v2(service, 'max\n', 100, 0), ...v2('/system.slice', `${128 * MIB}`, 120, 0) };
    expect(limitsOf({ ...proc, ...files })).toEqual([{ limitBytes: 128 * MIB, usedBytes: 120 * MIB }]);
  });

  it('lets memory.high bind when it is below the limit', () => {
    const files = {
      ...proc,
      ...v2(service, `${256 * MIB}\n`, 100, 40),
      [`${V2}${service}/memory.high`]: `${200 * MIB}`,
    };
    expect(limitsOf(files)[0]?.limitBytes).toBe(200 * MIB);
  });
});

describe('readMemoryLimits on anything else', () => {
  it('finds no limit where there is no cgroup', () => {
    expect(limitsOf({})).toEqual([]);
  });

  it('survives garbage', () => {
    const files = {
      'proc/self/cgroup': 'nonsense\n:::\n4:memory:/../../../etc\n0::/\n',
      [`${V1}/memory.limit_in_bytes`]: 'lots',
      [`${V1}/memory.stat`]: '\0\0',
      [`${V2}/cgroup.controllers`]: '',
      [`${V2}/memory.max`]: '-12',
    };
    expect(limitsOf(files)).toEqual([]);
  });

  it('never reports negative usage', () => {
    const proc = { 'proc/self/cgroup': '4:memory:/\n' };
    expect(limitsOf({ ...proc, ...v1('', `${400 * MIB}`, 10, 30) })[0]?.usedBytes).toBe(0);
  });
});
