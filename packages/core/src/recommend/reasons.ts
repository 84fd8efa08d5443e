/** Why a tier is not used. Facts are in the message, so that a person can check them. */
export interface Rejection {
  readonly tier: string;
  readonly variant: string;
  readonly code:
    | 'memory'
    | 'storage'
    | 'provider'
    | 'power'
    | 'thermal'
    | 'residency'
    | 'cost'
    | 'unreachable'
    | 'deadline'
    | 'delta'
    | 'policy'
    | 'failed'
    | 'untrusted'
    | 'crashed'
    | 'uncalibrated'
    | 'dominated';
  readonly message: string;
}

/** A provider that is not used with a variant on this device: it answered wrongly, or fails. */
export interface Demotion {
  readonly kind: 'wrong' | 'failing';
  readonly variantId: string;
  readonly provider: string;
  readonly reason: string;
}

/** What one run of a variant has taken with a provider on this device, of short texts. */
export interface Measurement {
  readonly variantId: string;
  readonly provider: string;
  /** Tokenization and inference, in milliseconds. */
  readonly runMs: number;
}

export const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MiB`;
export const milliseconds = (ms: number, digits = ms < 10 ? 2 : 0): string => `${ms.toFixed(digits)} ms`;
/** Two times, with as many digits as tell them apart, four at most. */
export function bothMilliseconds(a: number, b: number): readonly [string, string] {
  const alike = milliseconds(a) === milliseconds(b);
  const digits = alike ? [2, 3, 4].find((each) => a.toFixed(each) !== b.toFixed(each)) : undefined;
  return [milliseconds(a, digits), milliseconds(b, digits)];
}
export const isoTime = (wallMs: number): string => new Date(wallMs).toISOString();
