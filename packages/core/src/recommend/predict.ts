import type { LocalTier } from '../catalog/tier.js';
import type { DeviceProfile, ProviderProfile } from '../profile/device-profile.js';

/** A short question; what the shipped domains' requests look like. */
const TYPICAL_TOKENS = 12;

/** Bytes one weight takes in memory traffic, and the rate its kernels run at. */
const DTYPES = {
  fp32: { bytesPerWeight: 4, rate: 'fp32' },
  fp16: { bytesPerWeight: 2, rate: 'fp32' },
  int8: { bytesPerWeight: 1, rate: 'int8' },
  q4: { bytesPerWeight: 0.625, rate: 'q4' },
  q4f16: { bytesPerWeight: 0.5625, rate: 'q4' },
} as const;

/** Bytes of activations, attention scores and pooling that one token moves per layer and hidden value. */
const ACTIVATION_BYTES = 400;
/**
 * What does not grow with the arithmetic, in units of the cost of one trivial run: tokenization and feeds, kernel
 * launches of a layer, the way to a worker and back. On a processor all of them scale with the speed of one core. Most
 * of a trivial run on a GPU is the wait for its result, which a longer one has once as well; these numbers are reasoned
 * from kernels a layer, not fitted, and hold until a race has measured the model.
 */
const CALL_COSTS = {
  processor: { run: 10, layer: 9, hop: 15 },
  webgpu: { run: 2, layer: 0.5, hop: 0.2 },
} as const;

/**
 * Time of one short request from two measured rates, before anything is downloaded: arithmetic or weight
 * traffic, whichever is longer, then activations and calls. The constants were fitted on eight probes of an
 * AVX-512 machine and checked on five others, and in a browser's WebAssembly (docs/benchmarks.md).
 */
export function predictLatencyMs(tier: LocalTier, provider: ProviderProfile, tokens = TYPICAL_TOKENS): number {
  const { model } = tier;
  const costs = provider.id === 'webgpu' ? CALL_COSTS.webgpu : CALL_COSTS.processor;
  // A page's models run in workers, however short a run is.
  const isBrowser = provider.id === 'webgpu' || provider.id === 'wasm';
  const bytesPerMs = provider.gigabytesPerSecond * 1e6;
  const activationsMs = ((model.layers + 1) * tokens * model.hidden * ACTIVATION_BYTES) / bytesPerMs;
  const callMs = provider.overheadMs * (costs.run + costs.layer * model.layers);
  const runMs = kernelsMs(tier, provider, tokens) + activationsMs + callMs;
  return isBrowser || runMs > INLINE_LIMIT_MS ? runMs + provider.overheadMs * costs.hop : runMs;
}

/** No run of a short request is faster than this, whatever the constants above are worth on a provider. */
export const leastLatencyMs = (tier: LocalTier, provider: ProviderProfile): number =>
  kernelsMs(tier, provider, TYPICAL_TOKENS) + provider.overheadMs;

function kernelsMs({ model, variant }: LocalTier, provider: ProviderProfile, tokens: number): number {
  const { bytesPerWeight, rate } = DTYPES[variant.dtype];
  const arithmeticMs = (model.flopsPerToken * tokens) / (provider.gflops[rate] * 1e6);
  const weightsMs = ((model.flopsPerToken / 2) * bytesPerWeight) / (provider.gigabytesPerSecond * 1e6);
  return Math.max(arithmeticMs, weightsMs);
}

/**
 * File buffer, the runtime's copy and the packed kernels are alive at once: the shipped models reach 2.9 to
 * 3.3 times their file in onnxruntime-node. In Chromium's WebAssembly the heap grows by 1.5 to 2.3 times the file (it
 * grows in steps and never shrinks), and the file's own buffer is there as well.
 */
const LOAD_FACTOR = { node: 3.2, browser: 3.3 } as const;
/** A worker with its code and its own tokenizer; in a browser also with a WebAssembly heap, which begins with 16 MiB. */
const WORKER_BYTES = { node: 14 * 2 ** 20, browser: 30 * 2 ** 20 } as const;

/**
 * A run shorter than this is made on the calling thread: a message to a worker and back costs about as
 * much (0.1 ms idle, 0.3 ms and more on busy cores), and the event loop is not held up for longer than by
 * parsing a request. docs/benchmarks.md has the measurement.
 */
export const INLINE_LIMIT_MS = 0.4;

/**
 * What the first model of a process brings along whatever its size: the native library and its
 * environment (29 MiB measured). It is kept apart, because later models share it.
 */
export const RUNTIME_BYTES = 32 * 2 ** 20;

/**
 * Resident memory a load adds at its highest point, the shared runtime not counted.
 * @param bytes of the weights
 */
export const predictMemoryBytes = (
  { bytes }: { readonly bytes: number },
  host: DeviceProfile['host'],
  latencyMs: number,
): number => bytes * LOAD_FACTOR[host] + (host === 'browser' || latencyMs > INLINE_LIMIT_MS ? WORKER_BYTES[host] : 0);

/** Bytes hashed, parsed and packed a millisecond; a cold load of the shipped models on small machines. */
const LOAD_BYTES_PER_MS = 150_000;
const LOAD_FIXED_MS = 60;

export function predictLoadMs({ variant }: LocalTier): number {
  return LOAD_FIXED_MS + variant.weights.bytes / LOAD_BYTES_PER_MS;
}
