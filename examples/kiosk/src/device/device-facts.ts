import type { DeviceProfile } from '@terrace/browser-host';
import type { Format } from '../i18n/format.js';
import type { Texts } from '../i18n/en.js';

type Row = readonly [name: string, value: string];

/** What was measured of the device, in words. */
export function deviceFacts(profile: DeviceProfile, { texts, format }: { texts: Texts; format: Format }): Row[] {
  const { browser, os, cpu, memory, storage, power, network, wasm } = profile;
  const names = texts.facts;
  const level = power.batteryLevel === undefined ? '' : ` ${format.percent(power.batteryLevel)}`;
  return [
    [names.browser, browser ? `${browser.name} ${browser.version}, ${os}` : os],
    [names.cores, format.count(cpu.usableCores)],
    [names.memory, format.bytes(memory.usableBytes)],
    [names.storage, format.bytes(storage.freeBytes) + (storage.persisted === true ? ` (${texts.persisted})` : '')],
    [names.power, texts.powers[power.source] + level],
    [names.network, texts.networks[network]],
    [names.wasm, wasm ? listOf([wasm.simd && texts.simd, wasm.threads && texts.threads]) || texts.none : texts.none],
    [names.gpu, graphicsOf(profile, texts)],
  ];
}

function graphicsOf({ gpu, refusedProviders = [] }: DeviceProfile, texts: Texts): string {
  if (!gpu) return texts.noGpu;
  const name = listOf([gpu.vendor, gpu.architecture, gpu.isSoftware && texts.softwareGpu]);
  return refusedProviders.some(({ id }) => id === 'webgpu') ? `${name || 'WebGPU'}: ${texts.noGpu}` : name;
}

/** Why what could run models does not: as a word of the texts, since what the runtime says is English. */
export function whyRefused(
  id: string,
  { wasm, gpu }: Pick<DeviceProfile, 'wasm' | 'gpu'>,
): keyof Texts['refusedProviders'] {
  if (id !== 'webgpu') return wasm?.simd ? 'forbidden' : 'noSimd';
  if (!wasm?.simd) return 'noWasm';
  if (!gpu) return 'noAdapter';
  return gpu.isSoftware ? 'software' : 'failed';
}

const listOf = (parts: readonly (string | false)[]): string =>
  parts.filter((part) => part !== false && part !== '').join(', ');
