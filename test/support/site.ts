import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createNodeRuntime, type NodeRuntime, type NodeRuntimeOptions } from '@terrace/node-host';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import type { Arrival } from './exchange.js';
import { startFaultProxy, type FaultProxy } from './fault-proxy.js';
import { terrace } from './run-cli.js';
import { startServe } from './serve.js';
import { bringDevice, temporaryHome } from './temporary-home.js';

export const BUILT_WORKER = new URL('../../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);
const START_MS = 60_000;
/** Of the shipped models only nano fits, on any device: on a slow one it takes a worker of its own. */
const BOX_BYTES = 80 * 1024 * 1024;

/** The key that the box has for the site. The site has none configured and ignores it. */
export const SITE_KEY = 'key-of-the-site-5d1f0c2b7e';

/** A second Terrace in a process of its own behind a network that fails, and a box that has it as a tier. */
export interface Site {
  readonly proxy: FaultProxy;
  /** What has arrived at the proxy; tests empty it. */
  readonly arrivals: Arrival[];
  /** State folder of the box, whose catalog has the tier `site-base`. */
  readonly home: string;
  /** Another state folder with that tier as it was added, in which nothing was asked yet. */
  freshHome(): string;
  /** Another one, to which the tier is added over the network as it is now. */
  addedAgain(): Promise<string>;
}

/** `terrace serve`, the proxy and `terrace tiers add` for the tests of a file. */
export function siteOfThisFile(): Site {
  const arrivals: Arrival[] = [];
  let started: (Pick<Site, 'proxy' | 'home'> & { readonly stop: () => Promise<void> }) | undefined;

  beforeAll(async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-site-'));
    const { process: server, url } = await startServe(folder, ['--log-level', 'silent']);
    const proxy = await startFaultProxy({ target: url, onArrival: (arrival) => void arrivals.push(arrival) });
    const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-box-'));
    bringDevice(home);
    const stop = async (): Promise<void> => {
      server.kill('SIGKILL');
      await proxy.close();
      for (const each of [folder, home]) rmSync(each, { recursive: true, force: true });
    };
    started = { proxy, home, stop };
    await addSite(home, proxy);
  }, START_MS);
  afterAll(() => started?.stop());

  const now = () => {
    if (!started) throw new Error('the site has not started');
    return started;
  };
  return {
    arrivals,
    get proxy() {
      return now().proxy;
    },
    get home() {
      return now().home;
    },
    freshHome() {
      const home = temporaryHome();
      cpSync(path.join(now().home, 'models'), path.join(home, 'models'), { recursive: true });
      return home;
    },
    async addedAgain() {
      const home = temporaryHome();
      await addSite(home, now().proxy);
      return home;
    },
  };
}

async function addSite(home: string, { url, port }: FaultProxy): Promise<void> {
  const env = { [`TERRACE_KEY_127_0_0_1_${port}`]: SITE_KEY };
  const { code, stderr } = await terrace(['tiers', 'add', url, '--model', 'base', '--id', 'site-base'], { home, env });
  if (code !== 0) throw new Error(`terrace tiers add failed: ${stderr}`);
}

/** What `terrace tiers add` wrote down. */
export function endpointOf(home: string): { measuredMs: number; golden: { text: string; label: string } } {
  const file = path.join(home, 'models', 'endpoints', 'site-base', 'endpoint.json');
  return JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof endpointOf>;
}

/** A box with little memory and the key of the site; closed when the test is over. */
export async function startBox(home: string, options: NodeRuntimeOptions = {}): Promise<NodeRuntime> {
  const box = await createNodeRuntime({
    home,
    memoryBytes: BOX_BYTES,
    keys: () => SITE_KEY,
    engineWorkerUrl: BUILT_WORKER,
    ...options,
  });
  onTestFinished(() => box.close());
  return box;
}
