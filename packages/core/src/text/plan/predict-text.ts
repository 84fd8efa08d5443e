import type { LocalTextTier } from '../text-tier.js';
import type { DeviceProfile, ProviderProfile } from '../../profile/device-profile.js';

/** Tokens a second of a model on a device. */
export interface TextSpeed {
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
}

const MB = 1e6;
/** Bytes that one weight takes in memory traffic. */
const BYTES_PER_WEIGHT = { fp32: 4, fp16: 2, int8: 1, q4: 0.625, q4f16: 0.5625 } as const;
const RATE = { fp32: 'fp32', fp16: 'fp32', int8: 'int8', q4: 'q4', q4f16: 'q4' } as const;
/**
 * Share of what a probe reaches with one large product that a chain of small ones reaches, one token at a time and many at
 * once. Fitted on SmolLM2 q4: Node writes 22 to 75 tokens/s and reads 200 to 240; in WebAssembly a token takes 0.8 to
 * 1.6 s, as its kernel unpacks 4-bit blocks anew each time. Of a GPU the numbers are reasoned.
 */
const EFFICIENCY = {
  native: { decode: 0.2, prefill: 0.5 },
  wasm: { decode: 0.035, prefill: 0.1 },
  webgpu: { decode: 0.2, prefill: 0.3 },
} as const;

/** What a device is expected to read and to write, before it has shown it. */
export function predictTextSpeed({ model, variant }: LocalTextTier, provider: ProviderProfile): TextSpeed {
  const { dtype } = variant;
  const share = EFFICIENCY[provider.id === 'wasm' || provider.id === 'webgpu' ? provider.id : 'native'];
  const computeSeconds = model.flopsPerToken / (provider.gflops[RATE[dtype]] * 1e9);
  const weightsSeconds = ((model.flopsPerToken / 2) * BYTES_PER_WEIGHT[dtype]) / (provider.gigabytesPerSecond * 1e9);
  const callSeconds = (provider.overheadMs * model.layers) / 1000;
  return {
    // Weights are read once for all tokens of a prompt's chunk.
    prefillTokensPerSecond: share.prefill / computeSeconds,
    decodeTokensPerSecond: 1 / (Math.max(computeSeconds, weightsSeconds) / share.decode + callSeconds),
  };
}

/** Weights, what the runtime packs of them, and the file's own bytes while it is loaded. */
const LOAD_FACTOR = { node: 2.4, browser: 3.3 } as const;
/** Activations of one chunk of a prompt, and logits. */
const WORKSPACE_BYTES = 48 * MB;

/** Memory that a loaded model takes at its highest point, keys and values not counted. */
export const predictTextMemoryBytes = (weightsBytes: number, host: DeviceProfile['host']): number =>
  weightsBytes * LOAD_FACTOR[host] + WORKSPACE_BYTES;
