import type { DeviceProbe } from '../ports/device-probe.js';
import type { DeviceProfile } from '../profile/device-profile.js';
import { exampleProfile } from './example-profile.js';

export interface FakeProbe extends DeviceProbe {
  /** What the device looks like from now on. */
  become(profile: DeviceProfile): void;
  /** How often it was asked. */
  asked(): number;
}

/** A device that is whatever a test says. */
export function createFakeProbe(profile: DeviceProfile = exampleProfile()): FakeProbe {
  let current = profile;
  let asked = 0;
  return {
    async profile({ signal } = {}) {
      signal?.throwIfAborted();
      asked++;
      await Promise.resolve();
      signal?.throwIfAborted();
      return JSON.parse(JSON.stringify(current)) as DeviceProfile;
    },
    become(next) {
      current = next;
    },
    asked: () => asked,
  };
}
