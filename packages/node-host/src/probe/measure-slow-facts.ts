import { measureAccelerators } from './accelerators.js';
import { conservativeRates, type ComputeMeasurement } from './compute-probe.js';
import type { CpuInfo } from './cpu-info.js';
import type { SlowFacts } from './slow-facts.js';
import { readOs, readOtherCpu, type LoadSystemInformation } from './system-information.js';

export interface SlowMeasurement {
  readonly facts: SlowFacts;
  /** False when something failed that may work in the next process. */
  readonly worthKeeping: boolean;
}

/**
 * Asks the OS and runs the benchmark, one after the other: a program started meanwhile would take the core that is
 * being measured. Never rejects.
 * @param cpu what /proc/cpuinfo told, if anything
 */
export async function measureSlowFacts({
  cpu,
  loadSystemInformation,
  measure,
}: {
  readonly cpu: CpuInfo | undefined;
  readonly loadSystemInformation: LoadSystemInformation;
  readonly measure: (provider: string) => Promise<ComputeMeasurement>;
}): Promise<SlowMeasurement> {
  const os = await readOs(loadSystemInformation);
  const named = cpu !== undefined && cpu.model !== '' && !cpu.model.startsWith('ARM implementer');
  const other = named && cpu.features.length > 0 ? undefined : await readOtherCpu(loadSystemInformation);
  const model = (named ? cpu.model : other?.model || cpu?.model) || 'unknown';
  const features = cpu !== undefined && cpu.features.length > 0 ? [...cpu.features] : (other?.features ?? []);
  const machine = { os, cpu: { model, features } };
  const measurement = await measure('cpu');
  const none = { accelerators: [], refused: [] };
  switch (measurement.kind) {
    case 'measured': {
      const { offered, refused } = await measureAccelerators(measurement.listed, measure);
      const facts = { ...machine, rates: measurement.rates, accelerators: [...offered], refused: [...refused] };
      return { facts, worthKeeping: true };
    }
    case 'unavailable':
      return { facts: { ...machine, ...none }, worthKeeping: false };
    case 'broken':
      return { facts: { ...machine, ...none, rates: conservativeRates }, worthKeeping: false };
    default:
      return measurement satisfies never;
  }
}
