/** What can go wrong between a client and a server, once a request. */
export const FAULTS = [
  /** The connection is reset instead of an answer; the server never sees the request. */
  'reset',
  /** The server answers and the connection is reset before any of it arrives. */
  'lost-answer',
  /** The connection is reset in the middle of the body. */
  'reset-mid-body',
  /** The length is right, but the JSON ends in the middle. */
  'truncated-json',
  /** The connection ends before the length that was announced. */
  'short-body',
  /** 429 with Retry-After. */
  'too-many-requests',
  /** 500 in OpenAI's shape. */
  'server-error',
  /** 503 with Retry-After. */
  'unavailable',
  /** A page of HTML with status 200. */
  'html',
  /** 307 to another host, which counts who comes. */
  'redirect',
  /** JSON of no known shape with status 200. */
  'wrong-schema',
  /** A body that goes on and on. */
  'huge-body',
  /** Accepted, never answered. */
  'black-hole',
  /** The right answer, one byte at a time. */
  'slow-loris',
  /** The right answer after a while; the server sees the request after that while. */
  'stall',
] as const;
export type Fault = (typeof FAULTS)[number];

/** One way, in milliseconds: the same for all, evenly spread, or log-normal. */
export type Delay =
  | number
  | { readonly minMs: number; readonly maxMs: number }
  | { readonly medianMs: number; readonly sigma: number };

export interface FaultPlan {
  /** Probability of each fault; what is left of 1 goes through. */
  readonly rates?: Partial<Record<Fault, number>>;
  /** How long anything takes in either direction. */
  readonly delayMs?: Delay;
  /** Only requests to these paths meet faults. */
  readonly paths?: RegExp;
  readonly retryAfterSeconds?: number;
  readonly stallMs?: number;
  /** Between two bytes of a slow-loris answer. */
  readonly dripMs?: number;
  /** Where a huge body ends after all. */
  readonly hugeBytes?: number;
}

export type FaultSettings = Required<Omit<FaultPlan, 'paths'>> & Pick<FaultPlan, 'paths'>;

export const DEFAULT_FAULTS: FaultSettings = {
  rates: {},
  delayMs: 0,
  retryAfterSeconds: 1,
  stallMs: 1000,
  dripMs: 20,
  hugeBytes: 1024 ** 3,
};

/** Randomness that repeats: mulberry32. Returns numbers in [0, 1). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * The fault of one request.
 * @param draw in [0, 1): one number a request, so that the n-th request always meets the same fault
 * @throws RangeError when the rates add up to more than 1
 */
export function faultOf(rates: FaultSettings['rates'], draw: number): Fault | undefined {
  let sum = 0;
  let found: Fault | undefined;
  for (const fault of FAULTS) {
    sum += rates[fault] ?? 0;
    if (found === undefined && draw < sum) found = fault;
  }
  if (sum > 1 + 1e-9) throw new RangeError(`The rates of all faults add up to ${sum}, which is more than 1.`);
  return found;
}

export function delayOf(delay: Delay, random: () => number): number {
  if (typeof delay === 'number') return delay;
  if ('minMs' in delay) return delay.minMs + (delay.maxMs - delay.minMs) * random();
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return delay.medianMs * Math.exp(delay.sigma * normal);
}
