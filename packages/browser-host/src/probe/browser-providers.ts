import type { Clock, DeviceProfile, ProbeTimings } from '@terrace/core';
import type { BrowserProvider } from '../engine/protocol.js';
import { findGpu, type GpuFinding } from './gpu-adapter.js';
import { within } from './last-known.js';
import { offerProviders, type ProviderOffers } from './provider-offers.js';
import { createProviderRates, type ProviderRates, type RatesModule, type RateRecords } from './provider-rates.js';
import { compileSimd, type WasmFeatures } from './wasm-features.js';
import type { WorkerScope } from './worker-scope.js';

/** A driver that starts cold takes some 300 ms. The first answer is WebAssembly's and does not wait for a hung one. */
const GPU_PATIENCE_MS = 500;

const NOT_YET: GpuFinding = { kind: 'none', reason: 'its adapter has not answered yet' };

/** What runs models here. */
export interface BrowserProviders {
  profile(): Promise<Pick<DeviceProfile, 'providers' | 'refusedProviders' | 'gpu'>>;
  /**
   * Measures what no visit has measured. Never rejects: WebGPU that fails is refused from then on.
   * @returns whether there is anything new
   */
  measure(): Promise<boolean>;
  /** What the adapter calls itself; empty without one. */
  gpuName(): Promise<string>;
}

/** @param environment what rates hold for, beside provider and adapter */
export function createBrowserProviders({
  scope,
  wasm,
  clock,
  measure,
  records,
  environment,
  allowSoftwareGpu,
  load,
}: {
  readonly scope: WorkerScope;
  readonly wasm: WasmFeatures;
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly measure: (provider: BrowserProvider, signal: AbortSignal) => Promise<ProbeTimings>;
  readonly records: RateRecords;
  readonly environment: string;
  readonly allowSoftwareGpu: boolean;
  readonly load: () => Promise<RatesModule>;
}): BrowserProviders {
  const rates = new Map<string, ProviderRates>();
  const failures = new Map<BrowserProvider, string>();
  let gpu = NOT_YET;
  let looked: Promise<unknown> | undefined;
  let measuring: Promise<boolean> | undefined;

  const ratesOf = (provider: BrowserProvider): ProviderRates => {
    const its = `${provider} ${provider === 'webgpu' && gpu.kind === 'adapter' ? gpu.description : ''} ${environment}`;
    const known = rates.get(its);
    if (known) return known;
    const created = createProviderRates({
      environment: its,
      records,
      load,
      estimate: ({ estimateRates }) => estimateRates(provider, scope, clock.nowMs),
    });
    rates.set(its, created);
    return created;
  };

  /** An adapter that answers late counts from then on. */
  const look = async (): Promise<GpuFinding> => {
    const finding = async (): Promise<void> => void (gpu = await findGpu(scope));
    looked ??= within(clock, GPU_PATIENCE_MS, finding(), () => undefined);
    await looked;
    return gpu;
  };

  const offers = async (): Promise<ProviderOffers> => {
    const { offered, refused } = offerProviders({
      wasm,
      compile: () => compileSimd(scope),
      gpu: await look(),
      allowSoftwareGpu,
    });
    const reason = failures.get('webgpu');
    if (reason === undefined || !offered.includes('webgpu')) return { offered, refused };
    return { offered: ['wasm'], refused: [...refused, { id: 'webgpu', reason }] };
  };

  const measureAll = async (): Promise<boolean> => {
    const providers: BrowserProvider[] = [];
    // Once a visit: what failed would fail again, and models say why when they are loaded.
    for (const each of (await offers()).offered)
      if (!failures.has(each) && (await ratesOf(each).find()).isEstimate) providers.push(each);
    // What cannot be loaded now is measured at another visit.
    const module = providers[0] && (await load().catch(() => undefined));
    if (!module) return false;
    return module.measureProviders({ providers, ratesOf, measure, failures, clock });
  };

  return {
    async profile() {
      const { offered, refused } = await offers();
      const providers = await Promise.all(
        offered.map(async (id) => {
          const { rates: its, isEstimate } = await ratesOf(id).find();
          return {
            id,
            ...(id === 'webgpu' && gpu.kind === 'adapter' && { shaderF16: gpu.facts.shaderF16 }),
            ...structuredClone(its),
            ...(isEstimate && { isEstimate }),
          };
        }),
      );
      return {
        providers,
        ...(refused.length > 0 && { refusedProviders: [...refused] }),
        ...(gpu.kind === 'adapter' && { gpu: { ...gpu.facts } }),
      };
    },
    async measure() {
      measuring ??= measureAll().finally(() => (measuring = undefined));
      return measuring;
    },
    async gpuName() {
      const finding = await look();
      return finding.kind === 'adapter' ? finding.description : '';
    },
  };
}
