import { variantNameOf, type Tier } from '../catalog/tier.js';
import type { Placement } from '../catalog/fields.js';
import type { DeviceProfile } from '../profile/device-profile.js';
import type { Requirements } from '../request/parse-request.js';
import type { Estimate } from './estimate.js';
import { mebibytes, milliseconds, type Rejection } from './reasons.js';

/** Below this charge, on battery, a tier must stay under the energy cap. */
const BATTERY_FLOOR = 0.2;
const LOW_POWER_JOULES = 0.01;

/** How far a placement is from the user. */
const DISTANCE: Readonly<Record<Placement, number>> = { device: 0, site: 1, cloud: 2 };

/** What models may take, the shared runtime already counted, and what decided it. */
export interface UsableMemory {
  readonly bytes: number;
  readonly basis: string;
}

/** The first reason that rules a tier out, or undefined when it fits. Pure. */
export function whyNot(
  tier: Tier,
  estimate: Estimate,
  {
    profile,
    requirements,
    usable,
  }: {
    profile: DeviceProfile;
    requirements: Requirements;
    usable: UsableMemory;
  },
): Rejection | undefined {
  const no = (code: Rejection['code'], message: string): Rejection => ({
    tier: tier.id,
    variant: variantNameOf(tier),
    code,
    message,
  });
  const { power, thermal } = profile;
  const { residency, maxCostUsd, deadlineMs } = requirements;
  if (DISTANCE[tier.placement] > DISTANCE[residency]) {
    return no('residency', `it runs at ${tier.placement}; the request may go no further than ${residency}`);
  }
  if (estimate.memoryBytes > usable.bytes) {
    return no(
      'memory',
      `it needs ${mebibytes(estimate.memoryBytes)}; ${mebibytes(usable.bytes)} may be used (${usable.basis})`,
    );
  }
  if (estimate.energyJoules > LOW_POWER_JOULES) {
    if (power.source === 'battery' && (power.batteryLevel ?? 1) < BATTERY_FLOOR) {
      return no('power', `a run takes ${(estimate.energyJoules * 1000).toFixed(0)} mJ and the battery is below 20 %`);
    }
    if (thermal === 'throttled') return no('thermal', 'the device is too hot for a run this heavy');
  }
  if (maxCostUsd !== undefined && estimate.costUsd > maxCostUsd) {
    return no('cost', `a request costs $${estimate.costUsd}; $${maxCostUsd} was allowed`);
  }
  if (deadlineMs !== undefined && estimate.latencyMs > deadlineMs) {
    return no(
      'deadline',
      `a run takes about ${milliseconds(estimate.latencyMs)}; ${milliseconds(deadlineMs)} was allowed`,
    );
  }
  return undefined;
}
