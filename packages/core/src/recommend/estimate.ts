import type { Calibration } from '../catalog/calibration.js';
import { findLadder } from '../catalog/find-ladder.js';
import { calibratedAs, type LocalTier, type Tier, tierIdentity } from '../catalog/tier.js';
import type { VariantStatistics } from '../ports/ledger.js';
import type { DeviceProfile, ProviderProfile } from '../profile/device-profile.js';
import { predictLatencyMs, predictLoadMs, predictMemoryBytes } from './predict.js';

/** What one tier is expected to need and to give on this device. */
export interface Estimate {
  readonly provider: string;
  readonly memoryBytes: number;
  /** One request of typical length, tokenization included. */
  readonly latencyMs: number;
  /** What the formula says, whatever was measured: requests of short-lived processes run cold and look slow. */
  readonly predictedMs: number;
  /** What nineteen of twenty requests stay under. */
  readonly p95Ms: number;
  /** The first load, with what must be downloaded for it. */
  readonly loadMs: number;
  readonly costUsd: number;
  readonly energyJoules: number;
  /** Accuracy on the domain's calibration data; undefined without one. */
  readonly quality: number | undefined;
  /** Whether speed and memory come from this device's own runs or from a formula. */
  readonly basis: 'measured' | 'predicted';
}

/** Own quantiles count from this many runs on. */
export const ENOUGH_RUNS = 20;
/** Latency grows a tail on a shared machine: what p95 over the median was on the machines measured. */
const TAIL = 2;
/** Watts one busy core draws: a desktop or small server core under load. */
const WATTS_PER_CORE = 8;
/** 8 Mbit/s: a slow line, until a download has shown a better one. */
const DOWNLOAD_BYTES_PER_MS = 1000;

/** What a core draws in this time, in joules. */
export const energyOf = (busyMs: number): number => (busyMs / 1000) * WATTS_PER_CORE;

/** For how long a core was busy that drew this, in milliseconds. */
export const busyMsOf = (energyJoules: number): number => (energyJoules / WATTS_PER_CORE) * 1000;

export function estimate({
  tier,
  provider,
  host,
  statistics,
  measuredMs,
  calibration,
  downloadBytes,
}: {
  tier: LocalTier;
  provider: ProviderProfile;
  host: DeviceProfile['host'];
  statistics: VariantStatistics | undefined;
  /** What its self-test took with this provider, where that counts. */
  measuredMs: number | undefined;
  calibration: Calibration | undefined;
  /** Of its files, what is not here yet. */
  downloadBytes: number;
}): Estimate {
  const predictedMs = predictLatencyMs(tier, provider);
  const measured = statistics && statistics.runs >= ENOUGH_RUNS ? statistics : undefined;
  const expectedMs = measuredMs ?? predictedMs;
  const latencyMs = measured?.p50Ms ?? expectedMs;
  return {
    provider: provider.id,
    memoryBytes: statistics?.peakMemoryBytes ?? predictMemoryBytes(tier.variant.weights, host, predictedMs),
    latencyMs,
    predictedMs,
    p95Ms: measured?.p95Ms ?? expectedMs * TAIL,
    loadMs: (statistics?.loadMs ?? predictLoadMs(tier)) + downloadBytes / DOWNLOAD_BYTES_PER_MS,
    costUsd: 0,
    energyJoules: energyOf(latencyMs),
    quality: qualityOf(tier, calibration),
    basis: measured || measuredMs !== undefined ? 'measured' : 'predicted',
  };
}

/** Accuracy by itself on the domain's calibration data; undefined where that speaks of other weights. */
export function qualityOf(tier: Tier, calibration: Calibration | undefined): number | undefined {
  const id = calibratedAs(tier);
  if (calibration?.tiers[id]?.variant !== tierIdentity(tier).variant) return undefined;
  return findLadder(calibration, [id])?.operating.accuracy;
}
