import { costOfCall } from '../../catalog/cost-of-call.js';
import type { Endpoint } from '../../catalog/endpoint.js';
import type { LocalTier } from '../../catalog/tier.js';
import type { VariantStatistics } from '../../ports/ledger.js';
import type { ModelStore } from '../../ports/model-store.js';
import type { DeviceProfile, ProviderProfile } from '../../profile/device-profile.js';
import type { UsableMemory } from '../../recommend/feasible.js';
import { crashesOf, providersOf, whyNoProvider } from '../../recommend/providers.js';
import { isoTime, type Rejection } from '../../recommend/reasons.js';
import { bytesToFetch, whyNotStored } from '../../recommend/storage.js';
import type { LocalTextTier, RemoteTextTier } from '../text-tier.js';
import { predictTextSpeed, type TextSpeed } from './predict-text.js';
import { fitTextMemory } from './text-memory.js';
import type { TextEstimate } from './text-plan.js';
import type { TextRequirements } from './text-requirements.js';

export interface TextGiven {
  readonly profile: DeviceProfile;
  readonly requirements: TextRequirements;
  readonly usable: UsableMemory;
  /** Which files are here; without it all of them are taken to be. */
  readonly presence?: ModelStore['presence'] | undefined;
  readonly statistics: readonly VariantStatistics[];
  /** What variants have shown on this device; of endpoints what their tokens came by. */
  readonly speeds: ReadonlyMap<string, Partial<TextSpeed>>;
}

/** Why a tier is none, before its name is known to whoever says so. */
export type Refusal = Pick<Rejection, 'code' | 'message'>;

/** 8 Mbit/s: a slow line. */
const DOWNLOAD_BYTES_PER_MS = 1000;
/** Bytes hashed, parsed and packed a millisecond. */
const LOAD_BYTES_PER_MS = 130_000;
/** An answer, where only its longest is known. */
const TYPICAL_ANSWER_TOKENS = 200;

/** A tier of this device with its fastest provider, or why it has none. */
export function rateLocalText(tier: LocalTextTier, given: TextGiven): TextEstimate | Refusal {
  const { profile, requirements, usable, presence = () => 'here', statistics, speeds } = given;
  // What decides about files and providers is the same as of an encoder without a delta.
  const plain: LocalTier = { ...tier, delta: undefined };
  const providers = providersOf(plain, profile);
  if (providers.length === 0) {
    const [crash] = crashesOf(plain, profile);
    if (!crash) return { code: 'provider', message: whyNoProvider(plain, profile) };
    const again = `it is tried again at ${isoTime(crash.untilWallMs)}`;
    return { code: 'crashed', message: `the page died of it with ${crash.provider}; ${again}` };
  }
  const absent = whyNotStored(plain, presence, profile);
  if (absent !== undefined) return { code: 'storage', message: absent };
  const known = statistics.find(({ variantId }) => variantId === tier.variant.weights.sha256);
  const memory = fitTextMemory(tier, {
    ...requirements,
    host: profile.host,
    usable,
    peakBytes: known?.peakMemoryBytes,
  });
  if (typeof memory === 'string') return { code: 'memory', message: memory };
  const measured = speeds.get(tier.variant.weights.sha256);
  const [fastest] = providers
    .map((provider) => ({ provider, speed: predictTextSpeed(tier, provider) }))
    .toSorted((a, b) => b.speed.decodeTokensPerSecond - a.speed.decodeTokensPerSecond) as [
    { provider: ProviderProfile; speed: TextSpeed },
  ];
  const { prefillTokensPerSecond, decodeTokensPerSecond } = { ...fastest.speed, ...measured };
  const { memoryBytes, kvBytes, contextTokens } = memory;
  return {
    provider: fastest.provider.id,
    memoryBytes,
    kvBytes,
    contextTokens,
    firstTokenMs: (1000 * requirements.promptTokens) / prefillTokensPerSecond + 1000 / decodeTokensPerSecond,
    tokensPerSecond: decodeTokensPerSecond,
    loadMs:
      (known?.loadMs ?? tier.variant.weights.bytes / LOAD_BYTES_PER_MS) +
      bytesToFetch(plain, presence) / DOWNLOAD_BYTES_PER_MS,
    costUsd: 0,
    basis: measured?.decodeTokensPerSecond === undefined ? 'predicted' : 'measured',
  };
}

/** What a call takes until its first token before one was made, and how fast the others come. */
const TYPICAL: Readonly<Record<Endpoint['placement'], { firstTokenMs: number; tokensPerSecond: number }>> = {
  site: { firstTokenMs: 200, tokensPerSecond: 40 },
  cloud: { firstTokenMs: 800, tokensPerSecond: 60 },
};

/** What text that somebody else generates is expected to take and to cost. */
export function rateRemoteText({ endpoint }: RemoteTextTier, { requirements, speeds }: TextGiven): TextEstimate {
  const typical = TYPICAL[endpoint.placement];
  const measured = speeds.get(endpoint.contentId);
  const { promptTokens, maxTokens, n } = requirements;
  const outputTokens = n * Math.min(maxTokens, TYPICAL_ANSWER_TOKENS);
  return {
    provider: endpoint.protocol,
    memoryBytes: 0,
    kvBytes: 0,
    contextTokens: Infinity,
    firstTokenMs: endpoint.measuredMs ?? typical.firstTokenMs,
    tokensPerSecond: measured?.decodeTokensPerSecond ?? typical.tokensPerSecond,
    loadMs: 0,
    costUsd: costOfCall(endpoint, { inputTokens: promptTokens, outputTokens }),
    basis: measured?.decodeTokensPerSecond === undefined ? 'predicted' : 'measured',
  };
}
