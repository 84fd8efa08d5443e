import { describe, expect, it } from 'vitest';
import type { DeviceProbe } from '../ports/device-probe.js';
import { deviceProfileSchema } from '../profile/device-profile.js';

/**
 * What every DeviceProbe must do, run by each implementation's own tests.
 * @param makeProbe a fresh probe of the real device, or of a faithful fake
 * @param options.timeoutMs allowance for one test; the first call may take a short benchmark
 */
export function describeDeviceProbeContract(
  name: string,
  makeProbe: () => DeviceProbe | Promise<DeviceProbe>,
  { timeoutMs = 20_000 }: { readonly timeoutMs?: number } = {},
): void {
  describe(`${name} keeps the DeviceProbe contract`, { timeout: timeoutMs }, () => {
    it('gives a profile that the schema accepts and that survives JSON', async () => {
      const profile = await (await makeProbe()).profile();
      expect(deviceProfileSchema.parse(profile)).toEqual(profile);
      expect(JSON.parse(JSON.stringify(profile))).toEqual(profile);
    });

    it('never promises more memory than there is, and says what decided', async () => {
      const { memory } = await (await makeProbe()).profile();
      expect(memory.usableBytes).toBeLessThanOrEqual(Math.min(memory.totalBytes, memory.limitBytes ?? Infinity));
      expect(memory.basis).not.toBe('');
    });

    it('names each provider once', async () => {
      const ids = (await (await makeProbe()).profile()).providers.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('keeps what does not change between calls', async () => {
      const probe = await makeProbe();
      const first = await probe.profile();
      const second = await probe.profile();
      expect(second.host).toBe(first.host);
      expect(second.os).toBe(first.os);
      expect(second.cpu.model).toBe(first.cpu.model);
      expect(second.cpu.features).toEqual(first.cpu.features);
      expect(second.providers).toEqual(first.providers);
    });

    it('hands out profiles that callers may change without touching later ones', async () => {
      const probe = await makeProbe();
      const first = await probe.profile();
      const features = [...first.cpu.features];
      first.cpu.features.push('changed by the caller');
      first.providers.length = 0;
      const second = await probe.profile();
      expect(second.cpu.features).toEqual(features);
    });

    it('answers concurrent callers with the same facts', async () => {
      const probe = await makeProbe();
      const [a, b] = await Promise.all([probe.profile(), probe.profile()]);
      expect(b.providers).toEqual(a.providers);
    });

    it('rejects with the reason of a signal that is already aborted, and works afterwards', async () => {
      const probe = await makeProbe();
      const controller = new AbortController();
      const reason = new Error('changed my mind');
      controller.abort(reason);
      await expect(probe.profile({ signal: controller.signal })).rejects.toBe(reason);
      await expect(probe.profile()).resolves.toBeDefined();
    });

    it('rejects with the reason when the caller aborts while it measures, and works afterwards', async () => {
      const probe = await makeProbe();
      const controller = new AbortController();
      const reason = new Error('too late');
      const pending = probe.profile({ signal: controller.signal });
      controller.abort(reason);
      await expect(pending).rejects.toBe(reason);
      await expect(probe.profile()).resolves.toBeDefined();
    });
  });
}
