import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  createNodeRuntime,
  createServer,
  feedbackRoutes,
  inferRoutes,
  oipRoutes,
  openAiRoutes,
  systemClock,
  type NodeRuntime,
  type NodeRuntimeOptions,
  type ServerOptions,
} from '@terrace/node-host';
import { afterAll, beforeAll } from 'vitest';
import { bringDevice } from './temporary-home.js';

const BUILT_WORKER = new URL('../../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);
/** The device is measured and models are loaded. */
const START_MS = 60_000;

/** A server on a free port of loopback, over a runtime of its own with the shipped models. */
export interface ServerUnderTest {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  readonly runtime: NodeRuntime;
}

/** Starts before the tests of a file and ends after them. */
export function serverOfThisFile(
  options: Partial<ServerOptions> & { readonly runtimeOptions?: NodeRuntimeOptions } = {},
): ServerUnderTest {
  const { runtimeOptions, ...server } = options;
  let started: (ServerUnderTest & { readonly stop: () => Promise<void> }) | undefined;

  beforeAll(async () => {
    const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-server-'));
    bringDevice(home);
    const runtime = await createNodeRuntime({ home, engineWorkerUrl: BUILT_WORKER, ...runtimeOptions });
    const running = await createServer({
      runtime,
      catalog: () => runtime.models.current(),
      clock: systemClock,
      routes: [openAiRoutes, oipRoutes, inferRoutes, feedbackRoutes],
      port: 0,
      drainMs: 2_000,
      log: { level: 'silent' },
      ...server,
    });
    const { url } = await running.listen();
    const stop = async (): Promise<void> => {
      await running.close();
      await runtime.close();
      rmSync(home, { recursive: true, force: true });
    };
    started = { url, port: Number(new URL(url).port), runtime, stop };
  }, START_MS);
  afterAll(() => started?.stop());

  const now = (): ServerUnderTest => {
    if (!started) throw new Error('the server has not started');
    return started;
  };
  return {
    get url() {
      return now().url;
    },
    get port() {
      return now().port;
    },
    get runtime() {
      return now().runtime;
    },
  };
}
