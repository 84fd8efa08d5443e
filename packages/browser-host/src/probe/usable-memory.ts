import type { DeviceProfile } from '@terrace/core';

const GIB = 2 ** 30;
/** Where a browser does not tell: most devices have more, and few of those that run models less. */
const ASSUMED_GIB = 4;
/** A tab of a phone that takes more is ended. */
const PHONE_BYTES = 2 * GIB;

/**
 * What models may take of a device whose free memory no browser tells: half of what there is, and on phones 2 GiB.
 * @param deviceMemoryGib as the browser tells it, rounded and bounded
 * @param residentBytes what loaded models have taken of it
 */
export function usableMemory({
  deviceMemoryGib,
  isMobile,
  residentBytes,
}: {
  readonly deviceMemoryGib: number | undefined;
  readonly isMobile: boolean;
  readonly residentBytes: number;
}): DeviceProfile['memory'] {
  const isTold = deviceMemoryGib !== undefined && Number.isFinite(deviceMemoryGib) && deviceMemoryGib > 0;
  const gib = isTold ? deviceMemoryGib : ASSUMED_GIB;
  const totalBytes = gib * GIB;
  const half = isTold ? `half of the ${gib} GiB the browser tells of` : `half of ${gib} GiB: the browser tells of none`;
  const isBounded = isMobile && totalBytes / 2 > PHONE_BYTES;
  const shareBytes = isBounded ? PHONE_BYTES : totalBytes / 2;
  return {
    totalBytes,
    usableBytes: Math.max(0, shareBytes - residentBytes),
    basis: isBounded ? '2 GiB, the most on a phone' : half,
  };
}
