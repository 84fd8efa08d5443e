import type { DeviceProfile } from '../profile/device-profile.js';

/** Measures the device. The first call may take a short benchmark; later ones are cheap. */
export interface DeviceProbe {
  profile(options?: { readonly signal?: AbortSignal }): Promise<DeviceProfile>;
}
