import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createNodeRuntime, type NodeRuntime, type NodeRuntimeOptions } from '@terrace/node-host';
import { startFaultProxy, type FaultProxy } from '@terrace/test/fault-proxy';
import { startServe, terrace } from './terrace-command.js';

/** Room for `nano` beside the inference runtime, and for nothing larger. */
const DEVICE_BYTES = 48 * 2 ** 20;

/** A device that holds `nano`, a site that computes `base`, and the network between them. */
export interface TwoBoxes {
  readonly device: NodeRuntime;
  /** State folder of the device. */
  readonly home: string;
  readonly network: FaultProxy;
  readonly siteUrl: string;
  /** One more device on the same network. */
  openDevice(options?: NodeRuntimeOptions): Promise<NodeRuntime>;
  close(): Promise<void>;
}

/** @param onArrival told of what reaches the site */
export async function openTwoBoxes(
  options: NodeRuntimeOptions = {},
  onArrival: Parameters<typeof startFaultProxy>[0]['onArrival'] = () => undefined,
): Promise<TwoBoxes> {
  const [siteHome, home] = await Promise.all(
    ['site', 'device'].map((name) => mkdtemp(join(tmpdir(), `terrace-${name}-`))),
  );
  const site = await startServe(siteHome!);
  const network = await startFaultProxy({ target: site.url, seed: 7, onArrival });
  await terrace(
    'tiers',
    'add',
    network.url,
    '--home',
    home!,
    '--model',
    'base',
    '--id',
    'site-base',
    '--placement',
    'site',
  );
  const devices: NodeRuntime[] = [];
  const openDevice = async (more: NodeRuntimeOptions = {}): Promise<NodeRuntime> => {
    const device = await createNodeRuntime({ home: home!, memoryBytes: DEVICE_BYTES, ...options, ...more });
    devices.push(device);
    return device;
  };
  return {
    device: await openDevice(),
    home: home!,
    network,
    siteUrl: site.url,
    openDevice,
    async close() {
      for (const device of devices) await device.close();
      await network.close();
      await site.stop();
    },
  };
}
