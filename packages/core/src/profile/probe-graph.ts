import type { ProviderProfile } from './device-profile.js';

/** Identity, an ONNX graph of 70 bytes: to run it costs what a call costs, and a runtime starts by it. */
export const callGraph =
  'CAk6PAoQCgFhEgF5IghJZGVudGl0eRIEY2FsbFoQCgFhEgsKCQgBEgUKAxIBbmIQCgF5EgsKCQgBEgUKAxIBbkIECgAQEQ==';

/**
 * Five ONNX graphs of 70 to 422 bytes, base64, from which a host measures what a provider can do.
 *
 * They were made with Python's `onnx` (opset 17, IR 9). The weights of the first three are a `ConstantOfShape`
 * node, which ONNX Runtime folds into an initialiser when it creates the session: nothing has to be shipped, and
 * kernels still pack, and take, constant weights as they do for a real model. (As an input the same f32 product
 * ran at half the rate, and 4-bit weights must be constant.)
 */
export const probeGraphs = {
  /** y[m, 1536] = a[m, 384] x b, all f32. */
  fp32:
    'CAk6lQEKMAoCYnMSAWIiD0NvbnN0YW50T2ZTaGFwZSoWCgV2YWx1ZSoKCAEQAUoECtcjPKABBAoRCgFhCgFiEgF5IgZNYXRN' +
    'dWwSBGZwMzIqGggCEAdCAmJzShCAAQAAAAAAAAAGAAAAAAAAWhUKAWESEAoOCAESCgoDEgFtCgMIgANiFQoBeRIQCg4IARIK' +
    'CgMSAW0KAwiADEIECgAQEQ==',
  /** DynamicQuantizeLinear, MatMulInteger with 7-bit signed weights, Cast, two Mul: as the int8 encoders do it. */
  int8:
    'CAk6lQIKLQoCYnMSAWIiD0NvbnN0YW50T2ZTaGFwZSoTCgV2YWx1ZSoHCAEQA0oBIaABBAomCgFhEgJhcRICYXMSAmF6IhVE' +
    'eW5hbWljUXVhbnRpemVMaW5lYXIKHgoCYXEKAWIKAmF6EgJ5aSINTWF0TXVsSW50ZWdlcgoZCgJ5aRICeWYiBENhc3QqCQoC' +
    'dG8YAaABAgoQCgJhcwoCd3MSAXMiA011bAoPCgJ5ZgoBcxIBeSIDTXVsEgRpbnQ4KhoIAhAHQgJic0oQgAEAAAAAAAAABgAA' +
    'AAAAACoOCAEQAUICd3NKBArXIzxaFQoBYRIQCg4IARIKCgMSAW0KAwiAA2IVCgF5EhAKDggBEgoKAxIBbQoDCIAMQgQKABAR',
  /** com.microsoft MatMulNBits: 4 bits, blocks of 32, zero points, accuracy_level 4, as the q4 encoders have it. */
  q4:
    'CAk6iAMKLQoCYnMSAWIiD0NvbnN0YW50T2ZTaGFwZSoTCgV2YWx1ZSoHCAEQAkoBWqABBAowCgJzcxIBcyIPQ29uc3RhbnRP' +
    'ZlNoYXBlKhYKBXZhbHVlKgoIARABSgQK1yM8oAEECi0KAnpzEgF6Ig9Db25zdGFudE9mU2hhcGUqEwoFdmFsdWUqBwgBEAJK' +
    'AYigAQQKeAoBYQoBYgoBcwoBehIBeSILTWF0TXVsTkJpdHMqCQoBSxiAA6ABAioJCgFOGIAMoAECKhUKDmFjY3VyYWN5X2xl' +
    'dmVsGASgAQIqCwoEYml0cxgEoAECKhEKCmJsb2NrX3NpemUYIKABAjoNY29tLm1pY3Jvc29mdBICcTQqIggDEAdCAmJzShgA' +
    'BgAAAAAAAAwAAAAAAAAAEAAAAAAAAAAqEggBEAdCAnNzSggASAAAAAAAACoSCAEQB0ICenNKCAAkAAAAAAAAWhUKAWESEAoO' +
    'CAESCgoDEgFtCgMIgANiFQoBeRIQCg4IARIKCgMSAW0KAwiADEIECgAQEUIRCg1jb20ubWljcm9zb2Z0EAE=',
  /** y[1, n] = a[1, k] x b[k, n] with both as inputs: reads b once, as a run reads its weights. */
  stream:
    'CAk6XgoRCgFhCgFiEgF5IgZNYXRNdWwSBnN0cmVhbVoUCgFhEg8KDQgBEgkKAggBCgMSAWtaFQoBYhIQCg4IARIKCgMSAWsK' +
    'AxIBbmIUCgF5Eg8KDQgBEgkKAggBCgMSAW5CBAoAEBE=',
  call: callGraph,
} as const;

export type ProbeGraphs = Readonly<Record<keyof typeof probeGraphs, string>>;

/** Shapes to feed. One short sentence through the widest layer of a small encoder: large squares would flatter. */
export const probeShape = { tokens: 12, inner: 384, outer: 1536, streamInner: 384, streamOuter: 8192 } as const;

/** Median milliseconds of one run of each graph at `probeShape`; the call's own cost is in each. */
export type ProbeTimings = Readonly<Record<keyof typeof probeGraphs, number>>;

export type MeasuredRates = Pick<ProviderProfile, 'gflops' | 'gigabytesPerSecond' | 'overheadMs'>;

/** A run cannot cost less than this share of its time beyond the call: timers are coarse in a browser. */
const SMALLEST_KERNEL_SHARE = 0.1;

/**
 * What the timings say: GFLOP/s (two a multiplication), GB/s of weights read, and the cost of a call in ms.
 * @param timings positive, finite milliseconds
 */
export function ratesFromTimings(timings: ProbeTimings): MeasuredRates {
  const { tokens, inner, outer, streamInner, streamOuter } = probeShape;
  const overheadMs = timings.call;
  const kernelMs = (ms: number): number => Math.max(ms - overheadMs, ms * SMALLEST_KERNEL_SHARE);
  const gflops = (ms: number): number => (2 * tokens * inner * outer) / kernelMs(ms) / 1e6;
  return {
    gflops: { fp32: gflops(timings.fp32), int8: gflops(timings.int8), q4: gflops(timings.q4) },
    gigabytesPerSecond: (4 * streamInner * streamOuter) / kernelMs(timings.stream) / 1e6,
    overheadMs,
  };
}
