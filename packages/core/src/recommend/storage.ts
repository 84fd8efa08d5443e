import type { FileRef } from '../catalog/fields.js';
import type { LocalTier } from '../catalog/tier.js';
import type { ModelStore } from '../ports/model-store.js';
import type { DeviceProfile } from '../profile/device-profile.js';
import { mebibytes } from './reasons.js';

type PresenceOf = ModelStore['presence'];

/** Bytes that a tier's first load must download. */
export const bytesToFetch = (tier: LocalTier, presence: PresenceOf): number =>
  filesOf(tier)
    .filter((file) => presence(file) === 'fetchable')
    .reduce((sum, { bytes }) => sum + bytes, 0);

/**
 * Why the files of a tier cannot be had, in words; undefined when they are here or fit on the disk. A browser runs what
 * it may not store from memory, and that decides there. Pure.
 */
export function whyNotStored(
  tier: LocalTier,
  presence: PresenceOf,
  { host, storage: { freeBytes, reserveBytes } }: Pick<DeviceProfile, 'host' | 'storage'>,
): string | undefined {
  const missing = filesOf(tier).find((file) => presence(file) === 'missing');
  if (missing) return `${missing.path} is not here, and nothing says where it can be fetched`;
  const wanted = bytesToFetch(tier, presence);
  const room = Math.max(0, freeBytes - reserveBytes);
  if (wanted <= room || host === 'browser') return undefined;
  return `${mebibytes(wanted)} must be downloaded; the disk has room for ${mebibytes(room)} (a reserve of ${mebibytes(reserveBytes)} stays free)`;
}

/**
 * Whether a tier has files that are not here while there is no network. That rules it out only where another can take
 * its place: the server may be this machine. Pure.
 */
export const isOutOfReach = (
  tier: LocalTier,
  {
    profile,
    presence,
  }: { readonly profile: Pick<DeviceProfile, 'network'>; readonly presence?: PresenceOf | undefined },
): boolean => profile.network === 'offline' && presence !== undefined && bytesToFetch(tier, presence) > 0;

const filesOf = ({ model, variant, delta }: LocalTier): FileRef[] =>
  [variant.weights, model.tokenizer, model.tokenizerConfig, delta?.head, delta?.adapter].filter(
    (file) => file !== undefined,
  );
