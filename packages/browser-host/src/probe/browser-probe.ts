import {
  waitFor,
  type Clock,
  type Crash,
  type DeviceProbe,
  type DeviceProfile,
  type ProbeTimings,
  type SelfTestKey,
} from '@terrace/core';
import type { BrowserProvider } from '../engine/protocol.js';
import type { PageFacts } from '../page/page-facts.js';
import { readBrowserName, UNKNOWN_BROWSER } from './browser-name.js';
import { createBrowserProviders } from './browser-providers.js';
import { createLastKnown } from './last-known.js';
import type { RateRecords, RatesModule } from './provider-rates.js';
import { usableMemory } from './usable-memory.js';
import { warningsOf } from './warnings.js';
import { readWasmFeatures } from './wasm-features.js';
import { told, type WorkerScope } from './worker-scope.js';

type StorageFacts = Required<Pick<DeviceProfile['storage'], 'freeBytes' | 'persisted'>>;

export interface BrowserProbeOptions {
  readonly clock: Pick<Clock, 'nowMs' | 'sleep'>;
  readonly engine: {
    measure(provider: BrowserProvider, signal?: AbortSignal): Promise<ProbeTimings>;
    /** What loaded models have taken. */
    residentBytes(): number | undefined;
  };
  readonly storage: () => Promise<StorageFacts>;
  readonly page: () => Promise<PageFacts>;
  readonly records: RateRecords;
  /** Loads what makes rates that no visit has measured. */
  readonly loadRates: () => Promise<RatesModule>;
  /** What is left out because the page has died of it. */
  readonly crashes?: () => Promise<Crash[]>;
  /** Of ONNX Runtime Web: rates that another one reached say nothing. */
  readonly runtimeVersion: string;
  /** Whether the catalog has a model that a browser can run; until then no provider is looked for. */
  readonly runsModels: () => boolean;
  /** Whether there is a network, as far as the browser tells. */
  readonly isOnline?: () => boolean;
  readonly allowSoftwareGpu?: boolean | undefined;
  /** WebAssembly threads that were asked for. */
  readonly threads?: number | undefined;
  /** What tells of the device; the global scope, but in tests. */
  readonly scope?: WorkerScope;
}

/** Measures the device of a page, from a worker. */
export interface BrowserProbe extends DeviceProbe {
  /**
   * Measures the providers whose rates are only estimated. It takes a core for about a second, most of which goes into
   * starting ONNX Runtime: best made when no request waits. Callers at the same time share one measurement. Providers
   * that fail are refused; it rejects only when its signal aborts.
   * @returns whether the next profile tells anything new
   */
  measure(options?: { readonly signal?: AbortSignal }): Promise<boolean>;
  /** What a provider's answers depend on here: a self-test holds as long as it stays the same. */
  environment(): Promise<Pick<SelfTestKey, 'runtimeVersion' | 'cpu'>>;
}

/** A page that starts is busy with itself: its battery may be unknown until the next time. */
const PAGE_PATIENCE_MS = 50;
const STORAGE_PATIENCE_MS = 500;

/**
 * Tells of the device at once: rates that no visit has measured are estimated in 5 ms, as measuring them needs ONNX
 * Runtime and the first answer would wait for it twice. What changes is read at every call. What a browser does not
 * tell is unknown: `profile` rejects only when its signal aborts.
 */
export function createBrowserProbe(options: BrowserProbeOptions): BrowserProbe {
  const { clock, engine, records, runtimeVersion, runsModels, allowSoftwareGpu = false, threads = 1 } = options;
  const scope = options.scope ?? (globalThis as WorkerScope);
  const navigator = told<NonNullable<WorkerScope['navigator']>>(() => scope.navigator, {});
  const { os, ...browser } = told(() => readBrowserName(navigator), UNKNOWN_BROWSER);
  const wasm = readWasmFeatures(scope);
  const features = [
    ...(wasm.simd ? ['simd128'] : []),
    ...(wasm.relaxedSimd ? ['relaxed_simd'] : []),
    ...(wasm.threads ? ['threads'] : []),
  ];
  const device = [browser.name, browser.version, os, ...features].join(' ');
  const providers = createBrowserProviders({
    scope,
    wasm,
    clock,
    measure: (provider, signal) => engine.measure(provider, signal),
    records,
    environment: `${runtimeVersion} ${device}`,
    allowSoftwareGpu,
    load: options.loadRates,
  });
  const readPower = createLastKnown<PageFacts['power']>({
    read: async () => (await options.page()).power,
    initial: { source: 'unknown' },
    patienceMs: PAGE_PATIENCE_MS,
    clock,
  });
  const readStorage = createLastKnown<StorageFacts | undefined>({
    read: async () => known(await options.storage()),
    initial: undefined,
    patienceMs: STORAGE_PATIENCE_MS,
    clock,
  });

  async function profile(): Promise<DeviceProfile> {
    const [power, stored, runs, crashes] = await Promise.all([
      readPower(),
      readStorage(),
      runsModels() ? providers.profile() : { providers: [] },
      options.crashes?.() ?? [],
    ]);
    const memory = usableMemory({
      deviceMemoryGib: told(() => navigator.deviceMemory, undefined),
      isMobile: browser.isMobile,
      residentBytes: engine.residentBytes() ?? 0,
    });
    const connection = told(() => readConnection(navigator), undefined);
    const warnings = warningsOf({
      threads,
      hasThreads: wasm.threads,
      isSecure: scope.isSecureContext !== false,
      canStore: stored !== undefined && stored.freeBytes > 0,
    });
    return {
      host: 'browser',
      os,
      cpu: { model: 'unknown', usableCores: readCores(navigator), features: [...features] },
      memory,
      storage: { ...(stored ?? { freeBytes: 0 }), reserveBytes: 0 },
      power: { ...power },
      thermal: 'unknown',
      network: options.isOnline?.() === false ? 'offline' : readNetwork(navigator),
      ...(connection && { connection }),
      browser: { ...browser },
      wasm: { simd: wasm.simd, threads: wasm.threads },
      ...(warnings.length > 0 && { warnings }),
      ...runs,
      ...(crashes.length > 0 && { crashes }),
    };
  }

  return {
    async profile({ signal } = {}) {
      signal?.throwIfAborted();
      return waitFor(profile(), signal);
    },
    async measure({ signal } = {}) {
      signal?.throwIfAborted();
      return runsModels() ? waitFor(providers.measure(), signal) : false;
    },
    async environment() {
      const gpu = await providers.gpuName();
      return { runtimeVersion, cpu: [device, gpu].filter(Boolean).join(' ') };
    },
  };
}

/** Browsers may name a quota that is none. */
const known = (facts: StorageFacts): StorageFacts | undefined => (facts.freeBytes >= 0 ? facts : undefined);

type Navigator = NonNullable<WorkerScope['navigator']>;

function readCores(navigator: Navigator): number {
  const cores = told(() => navigator.hardwareConcurrency, 1);
  return Number.isFinite(cores) ? Math.max(1, Math.floor(cores)) : 1;
}

function readNetwork(navigator: Navigator): DeviceProfile['network'] {
  const onLine = told(() => navigator.onLine, undefined);
  if (typeof onLine !== 'boolean') return 'unknown';
  return onLine ? 'online' : 'offline';
}

function readConnection({ connection }: Navigator): DeviceProfile['connection'] {
  if (!connection) return undefined;
  const { saveData, effectiveType, downlink } = connection;
  return {
    saveData: saveData === true,
    ...(typeof effectiveType === 'string' && { effectiveType }),
    ...(typeof downlink === 'number' && downlink >= 0 && { megabitsPerSecond: downlink }),
  };
}
