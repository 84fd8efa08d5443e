import os from 'node:os';
import { waitFor, type Clock, type DeviceProbe, type DeviceProfile } from '@terrace/core';
import { forbidTelemetry } from '../engine/forbid-telemetry.js';
import { measureCompute } from './compute-probe.js';
import { readCpuInfo } from './cpu-info.js';
import { readStorage } from './disk.js';
import { readFacts, writeFacts } from './facts-cache.js';
import { measureSlowFacts } from './measure-slow-facts.js';
import { runtimeVersion } from './runtime-version.js';
import { FACTS_FORMAT, type FactsKey, type SlowFacts } from './slow-facts.js';
import { loadSystemInformation as loadPackage, type LoadSystemInformation } from './system-information.js';
import { readThermal, thermalFrom, type ThermalReading } from './thermal.js';
import { readUsableCores } from './usable-cores.js';
import { usableMemory } from './usable-memory.js';
import { createPowerReader, readMemory, type HostSource } from './volatile-facts.js';

export interface NodeProbeOptions {
  /** Where slow facts are kept between processes. */
  readonly cacheFile: string;
  /** Where models are stored: its disk is the one that counts. */
  readonly storagePath: string;
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  /** Most memory that models may take, whatever is free. */
  readonly memoryCeilingBytes?: number;
  /** Measures what lasts anew, whatever `cacheFile` says: drivers may have come or gone. */
  readonly remeasure?: boolean | undefined;
  /** Folder that holds `proc` and `sys`; a test lays out its own. */
  readonly root?: string;
  /** The measuring thread's entry; compiled JavaScript. */
  readonly workerUrl?: URL;
  readonly platform?: NodeJS.Platform;
  readonly loadSystemInformation?: LoadSystemInformation;
}

/**
 * Measures this host. What lasts is measured once (a third of a second) and kept in `cacheFile`; what changes is read
 * at every call, in half a millisecond. The first call of a process takes about 5 ms with a cache. What cannot be read
 * has a careful fallback: `profile` rejects only when its signal aborts.
 */
export function createNodeProbe(options: NodeProbeOptions): DeviceProbe {
  forbidTelemetry();
  const { clock, memoryCeilingBytes: ceilingBytes, storagePath } = options;
  const source: HostSource = {
    root: options.root ?? '/',
    platform: options.platform ?? process.platform,
    loadSystemInformation: options.loadSystemInformation ?? loadPackage,
  };
  const workerUrl = options.workerUrl ?? new URL('./compute-probe-worker.js', import.meta.url);
  const readPowerNow = createPowerReader(source, clock);
  let slow: Promise<SlowFacts> | undefined;
  let thermalBefore: ThermalReading | undefined;

  /**
   * Found once and shared by concurrent callers. Facts that were not worth keeping stay out of the file only, so that
   * the next process tries again and this one does not wait at every request.
   */
  function slowFacts(): Promise<SlowFacts> {
    slow ??= findSlowFacts().catch((error: unknown) => {
      slow = undefined;
      throw error;
    });
    return slow;
  }

  async function findSlowFacts(): Promise<SlowFacts> {
    const cpu = source.platform === 'linux' ? readCpuInfo(source.root) : undefined;
    const key = factsKey(cpu?.model || os.cpus()[0]?.model || 'unknown');
    const cached = options.remeasure === true ? undefined : readFacts(options.cacheFile, key);
    if (cached !== undefined) return cached;
    const { facts, worthKeeping } = await measureSlowFacts({
      cpu,
      loadSystemInformation: source.loadSystemInformation,
      measure: (provider) => measureCompute({ workerUrl, provider }),
    });
    if (worthKeeping) await writeFacts(options.cacheFile, { key, measuredAtWallMs: clock.wallMs(), facts });
    return facts;
  }

  async function profile(): Promise<DeviceProfile> {
    // Before the first measurement: it loads the native runtime, which would be counted as taken and as still to come.
    const [memory, storage, power] = await Promise.all([readMemory(source), readStorage(storagePath), readPowerNow()]);
    const facts = await slowFacts();
    const { usableBytes, limitBytes, basis } = usableMemory({ ...memory, ceilingBytes });
    const thermalNow = readThermal(source.root);
    const thermal = thermalFrom(thermalBefore, thermalNow);
    thermalBefore = thermalNow;
    return {
      host: 'node',
      os: facts.os,
      cpu: {
        model: facts.cpu.model,
        usableCores: readUsableCores(source.root, os.availableParallelism()),
        features: [...facts.cpu.features],
      },
      memory: { totalBytes: memory.totalBytes, ...(limitBytes !== undefined && { limitBytes }), usableBytes, basis },
      storage,
      power: { ...power },
      thermal,
      network: 'unknown',
      providers: structuredClone([
        ...(facts.rates === undefined ? [] : [{ id: 'cpu', ...facts.rates }]),
        ...facts.accelerators.map(({ id, rates }) => ({ id, ...rates })),
      ]),
      ...(facts.refused.length > 0 && { refusedProviders: structuredClone(facts.refused) }),
    };
  }

  return {
    async profile({ signal } = {}) {
      signal?.throwIfAborted();
      return waitFor(profile(), signal);
    },
  };
}

function factsKey(cpuModel: string): FactsKey {
  return { format: FACTS_FORMAT, cpuModel, runtimeVersion: runtimeVersion(), arch: process.arch };
}
