import { variantIdOf, type LocalTier } from '../catalog/tier.js';
import type { ReferenceProvider } from '../ports/self-test-records.js';
import type { Crash, DeviceProfile, ProviderProfile } from '../profile/device-profile.js';
import type { RatedTier } from './choose-ladder.js';
import { predictLatencyMs } from './predict.js';
import { mebibytes, type Demotion, type Measurement } from './reasons.js';

/**
 * A provider other than the reference must be predicted so many times faster to be used before it was measured: the
 * formula is off by as much there, and a first answer should not wait for kernels to be compiled.
 */
const UNPROVEN = 3;

/** What is known of the device's providers. */
export interface KnownProviders {
  readonly profile: DeviceProfile;
  readonly demoted?: readonly Demotion[] | undefined;
  readonly measured?: readonly Measurement[] | undefined;
}

const REFERENCES: Readonly<Record<ReferenceProvider, true>> = { cpu: true, wasm: true };

/** Whether every device of a host has it: others are compared with it. */
export const isReference = (provider: string): provider is ReferenceProvider => Object.hasOwn(REFERENCES, provider);

/** The providers of the device that the variant may run on, whatever they answer; what the page died of is none. */
export const providersOf = (tier: LocalTier, profile: DeviceProfile): ProviderProfile[] =>
  profile.providers.filter(
    ({ id }) =>
      tier.variant.providers.includes(id) &&
      whyProviderCannot(tier, id, profile) === undefined &&
      !crashesOf(tier, profile).some(({ provider }) => provider === id),
  );

/** What of a variant is left out for a while; the reference provider is no exception. */
export const crashesOf = (tier: LocalTier, { crashes = [], providers }: DeviceProfile): Crash[] =>
  crashes.filter(
    ({ variantId, provider }) => variantId === variantIdOf(tier) && providers.some(({ id }) => id === provider),
  );

export const isDemoted = (tier: LocalTier, provider: string, demoted: readonly Demotion[] = []): boolean =>
  demoted.some((each) => each.variantId === variantIdOf(tier) && each.provider === provider);

/** The fastest provider of the device that the variant may run on, those with wrong answers left out. */
export function bestProvider(tier: LocalTier, known: KnownProviders): ProviderProfile | undefined {
  return providersOf(tier, known.profile)
    .filter(({ id }) => !isDemoted(tier, id, known.demoted))
    .toSorted((a, b) => paceMs(tier, a, known) - paceMs(tier, b, known))[0];
}

/**
 * What ways to run a model are compared by, in milliseconds: measured with one set of texts, or else predicted.
 */
export function paceMs(tier: LocalTier, provider: ProviderProfile, known: KnownProviders): number {
  const measured = measuredMs(tier, provider.id, known);
  if (measured !== undefined) return measured;
  return predictLatencyMs(tier, provider) * (isReference(provider.id) ? 1 : UNPROVEN);
}

/** The same of a rung with its provider; of what somebody else computes, what a call takes. */
export function paceOf({ tier, estimate }: RatedTier, known: KnownProviders): number {
  const provider = known.profile.providers.find(({ id }) => id === estimate.provider);
  const isOpen = tier.kind === 'local' && provider !== undefined && hasSeveral(known.profile);
  return isOpen ? paceMs(tier, provider, known) : estimate.latencyMs;
}

/** With a single provider there is nothing to choose by it, and the device's own runs say more. */
export function measuredMs(
  tier: LocalTier,
  provider: string,
  { profile, measured = [] }: KnownProviders,
): number | undefined {
  if (!hasSeveral(profile)) return undefined;
  return measured.find((each) => each.variantId === variantIdOf(tier) && each.provider === provider)?.runMs;
}

const hasSeveral = ({ providers }: DeviceProfile): boolean => providers.length > 1;

/** Why no provider of the device runs a variant, in words. */
export function whyNoProvider(tier: LocalTier, profile: DeviceProfile): string {
  const here = profile.providers.map(({ id }) => id);
  const reasons = here
    .filter((id) => tier.variant.providers.includes(id))
    .map((id) => whyProviderCannot(tier, id, profile));
  if (reasons.length > 0) return reasons.join('; ');
  return `it runs on ${tier.variant.providers.join(', ')}; this device offers ${here.join(', ') || 'none'}`;
}

/** What a variant needs of a provider that the device's does not have, in words. */
function whyProviderCannot({ variant }: LocalTier, id: string, { providers, gpu }: DeviceProfile): string | undefined {
  const isWebGpu = id === 'webgpu';
  const needsF16 = variant.dtype === 'q4f16' || (variant.dtype === 'fp16' && isWebGpu);
  if (needsF16 && providers.find((each) => each.id === id)?.shaderF16 !== true) {
    return `it needs 16-bit floats in shaders (shader-f16), which ${id} does not offer here`;
  }
  if (!isWebGpu || !gpu) return undefined;
  // Of a tensor only this is known before a download: it is no larger than the file that holds it.
  const largest = Math.min(gpu.maxBufferBytes, gpu.maxStorageBufferBytes);
  if (variant.weights.bytes <= largest) return undefined;
  return `one of its tensors may have ${mebibytes(variant.weights.bytes)}, and ${id} takes ${mebibytes(largest)} at most here`;
}
