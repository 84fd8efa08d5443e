import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { deviceProfileSchema } from '@terrace/core';
import { describeDeviceProbeContract } from '@terrace/core/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { createNodeProbe, type NodeProbeOptions } from './node-probe.js';
import { createFakeRoot, type FakeRoot } from './testing/fake-root.js';

const MIB = 2 ** 20;
const clock = { nowMs: () => performance.now(), wallMs: () => Date.now() };
const workerUrl = new URL('../../dist/probe/compute-probe-worker.js', import.meta.url);
const missingWorker = new URL('file:///nowhere/compute-probe-worker.js');
const home = createFakeRoot();
const cacheFile = join(home.path, 'device.json');
afterAll(() => home.remove());

const forbidden = async (): Promise<never> => {
  throw new Error('systeminformation must not be loaded here');
};

function probeWith(options: Partial<NodeProbeOptions> = {}): ReturnType<typeof createNodeProbe> {
  return createNodeProbe({ cacheFile, clock, storagePath: home.path, workerUrl, ...options });
}

describeDeviceProbeContract('the Node probe', () => probeWith());

describe('createNodeProbe on this machine', () => {
  it('measures once and then answers from the cache, without benchmark and without systeminformation', async () => {
    const measured = await probeWith().profile();
    let loads = 0;
    const warm = probeWith({
      workerUrl: missingWorker,
      loadSystemInformation: async () => ((loads += 1), forbidden()),
    });
    const profile = await warm.profile();
    expect(profile.providers).toEqual(measured.providers);
    expect(profile.os).toBe(measured.os);
    expect(loads).toBe(0);
  });

  it('measures once for several callers, and goes on when one of them leaves', async () => {
    const probe = probeWith({ cacheFile: join(home.path, 'shared.json') });
    const controller = new AbortController();
    const leaving = probe.profile({ signal: controller.signal });
    const staying = [probe.profile(), probe.profile()];
    setTimeout(() => controller.abort(new Error('no longer needed')), 20);
    await expect(leaving).rejects.toThrow('no longer needed');
    const [first, second] = await Promise.all(staying);
    expect(first?.providers).toHaveLength(1);
    expect(second?.providers).toEqual(first?.providers);
  });

  it('answers from a warm cache within a few milliseconds', async () => {
    await probeWith().profile();
    const times: number[] = [];
    for (let i = 0; i < 9; i += 1) {
      const startMs = performance.now();
      await probeWith({ workerUrl: missingWorker }).profile();
      times.push(performance.now() - startMs);
    }
    // The aim is 5 ms; the median of nine on a shared machine may be above it for a moment.
    expect(times.toSorted((a, b) => a - b)[4]).toBeLessThan(15);
  });
});

describe('createNodeProbe on a laid-out machine', () => {
  let root: FakeRoot;
  beforeEach(() => {
    root = createFakeRoot({
      'proc/meminfo': 'MemTotal:  4194304 kB\nMemFree:  100 kB\nMemAvailable:  3145728 kB\n',
      'proc/cpuinfo': 'model name\t: Kiosk CPU\nflags\t\t: avx2\n',
      'proc/self/cgroup': '0::/kiosk\n',
      'sys/fs/cgroup/cgroup.controllers': 'cpu memory\n',
      'sys/fs/cgroup/kiosk/memory.max': `${300 * MIB}\n`,
      'sys/fs/cgroup/kiosk/memory.current': `${120 * MIB}\n`,
      'sys/fs/cgroup/kiosk/memory.stat': `inactive_file ${20 * MIB}\n`,
      'sys/fs/cgroup/kiosk/cpu.max': '100000 100000\n',
      'sys/class/power_supply/BAT0/type': 'Battery\n',
      'sys/class/power_supply/BAT0/status': 'Discharging\n',
      'sys/class/power_supply/BAT0/capacity': '30\n',
    });
    const facts = {
      os: 'Kiosk OS',
      cpu: { model: 'Kiosk CPU', features: ['avx2'] },
      rates: { gflops: { fp32: 1, int8: 2, q4: 3 }, gigabytesPerSecond: 4, overheadMs: 0.5 },
      accelerators: [],
      refused: [],
    };
    const { version: runtimeVersion } = createRequire(import.meta.url)('onnxruntime-node/package.json');
    const key = { format: 2, cpuModel: 'Kiosk CPU', runtimeVersion, arch: process.arch };
    root.write({ 'home/device.json': JSON.stringify({ key, measuredAtWallMs: 0, facts }) });
    return () => root.remove();
  });

  function kiosk(options: Partial<NodeProbeOptions> = {}): ReturnType<typeof createNodeProbe> {
    return probeWith({
      root: root.path,
      platform: 'linux',
      cacheFile: join(root.path, 'home/device.json'),
      workerUrl: missingWorker,
      loadSystemInformation: forbidden,
      ...options,
    });
  }

  it('puts cached and fresh facts together', async () => {
    const profile = await kiosk().profile();
    expect(deviceProfileSchema.parse(profile)).toEqual({
      host: 'node',
      os: 'Kiosk OS',
      cpu: { model: 'Kiosk CPU', usableCores: 1, features: ['avx2'] },
      memory: {
        totalBytes: 4096 * MIB,
        limitBytes: 300 * MIB,
        usableBytes: 192 * MIB,
        basis: 'cgroup limit of 300 MiB minus 100 MiB in use and a reserve of 8 MiB',
      },
      storage: profile.storage,
      power: { source: 'battery', batteryLevel: 0.3 },
      thermal: 'unknown',
      network: 'unknown',
      providers: [{ id: 'cpu', gflops: { fp32: 1, int8: 2, q4: 3 }, gigabytesPerSecond: 4, overheadMs: 0.5 }],
    });
  });

  it('reads memory and battery anew at every call', async () => {
    const probe = kiosk();
    await probe.profile();
    root.write({
      'sys/fs/cgroup/kiosk/memory.current': `${220 * MIB}\n`,
      'sys/class/power_supply/BAT0/status': 'Charging\n',
    });
    const profile = await probe.profile();
    expect(profile.memory.usableBytes).toBe(92 * MIB);
    expect(profile.power.source).toBe('mains');
  });

  it('obeys the memory ceiling', async () => {
    const profile = await kiosk({ memoryCeilingBytes: 50 * MIB }).profile();
    expect(profile.memory.usableBytes).toBe(50 * MIB);
  });

  it('measures again over a damaged cache and repairs it', async () => {
    const file = join(root.path, 'home/device.json');
    writeFileSync(file, '{"key":');
    const profile = await kiosk({ workerUrl }).profile();
    expect(profile.providers[0]?.gflops.fp32).not.toBe(1);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ key: { cpuModel: 'Kiosk CPU' } });
  });

  it('works without a place for its cache', async () => {
    const profile = await kiosk({ workerUrl, cacheFile: join(root.path, 'proc/meminfo/device.json') }).profile();
    expect(profile.providers).toHaveLength(1);
  });

  it('stays careful, and caches nothing, when the measurement breaks off', async () => {
    const file = join(root.path, 'elsewhere.json');
    const profile = await kiosk({ cacheFile: file }).profile();
    expect(deviceProfileSchema.parse(profile).providers[0]?.gflops.fp32).toBe(2);
    expect(existsSync(file)).toBe(false);
  });

  it('gives a valid profile on a machine that tells nothing, and on one that tells garbage', async () => {
    const bare = createFakeRoot();
    const told: boolean[] = [];
    told.push(deviceProfileSchema.safeParse(await kiosk({ root: bare.path }).profile()).success);
    bare.write({
      'proc/meminfo': '\0',
      'proc/cpuinfo': ':::',
      'proc/self/cgroup': '0::',
      'sys/class/thermal': 'a file',
    });
    told.push(deviceProfileSchema.safeParse(await kiosk({ root: bare.path }).profile()).success);
    expect(told).toEqual([true, true]);
    bare.remove();
  });

  it('asks for the battery at most once a minute where that starts a program', async () => {
    let nowMs = 0;
    let asked = 0;
    const loadSystemInformation = async () => ({
      osInfo: async () => ({ distro: 'macOS', release: '15', arch: 'arm64' }),
      cpu: async () => ({ manufacturer: 'Apple', brand: 'M4' }),
      cpuFlags: async () => '',
      battery: async () => ((asked += 1), { hasBattery: true, isCharging: false, acConnected: false, percent: 50 }),
      mem: async () => ({ available: 2048 * MIB }),
    });
    const probe = kiosk({ platform: 'darwin', clock: { nowMs: () => nowMs, wallMs: () => 0 }, loadSystemInformation });
    expect((await probe.profile()).power).toEqual({ source: 'battery', batteryLevel: 0.5 });
    nowMs = 59_000;
    await probe.profile();
    expect(asked).toBe(1);
    nowMs = 61_000;
    await probe.profile();
    expect(asked).toBe(2);
  });
});
