import {
  predictMemoryBytes,
  RUNTIME_BYTES,
  type DeviceProbe,
  type DeviceProfile,
  type ModelEngine,
} from '@terrace/core';
import type { TextMemoryUse } from '@terrace/core/text';
import type { NodeEngine } from '../engine/node-engine.js';

/**
 * What encoders are opened with, so that they and text models keep one limit together: text models that nobody uses give
 * way to encoders, and those at work do not.
 * @param memoryCeilingBytes most memory that all models may take; without it what the device has free
 */
export function shareMemory({
  engine,
  probe,
  text,
  memoryCeilingBytes,
}: {
  readonly engine: NodeEngine;
  readonly probe: DeviceProbe;
  readonly text: TextMemoryUse;
  readonly memoryCeilingBytes: number | undefined;
}): { readonly engine: ModelEngine; readonly probe: DeviceProbe } {
  const left = (profile: DeviceProfile): DeviceProfile => {
    const heldBytes = text.heldBytes();
    if (heldBytes === 0) return profile;
    const busyBytes = text.busyBytes();
    const { usableBytes: freeBytes, basis } = profile.memory;
    const ifIdleGoes = freeBytes + heldBytes - busyBytes;
    const limitBytes = memoryCeilingBytes ?? Infinity;
    const underLimit = Math.max(0, limitBytes - busyBytes - engine.heldBytes() - RUNTIME_BYTES);
    const memory =
      underLimit < ifIdleGoes
        ? { usableBytes: underLimit, basis: 'the limit, less what text models at work hold' }
        : { usableBytes: ifIdleGoes, basis };
    return { ...profile, memory: { ...profile.memory, ...memory } };
  };
  return {
    probe: { profile: async (options) => left(await probe.profile(options)) },
    engine: {
      ...engine,
      async load(model, options) {
        await text.makeRoom(predictMemoryBytes(model.weights, 'node', model.expectedRunMs));
        return engine.load(model, options);
      },
    },
  };
}
