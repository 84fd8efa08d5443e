import { proxy, wrap, type Remote } from 'comlink';
import { onTestFinished } from 'vitest';
import { useErrorEnvelope } from '../../store/testing/error-transfer.js';
import type { BundleSettings, BundleWorker, RemoteModels } from './bundle-worker.js';

export interface ModelsUnderTest {
  readonly models: Remote<RemoteModels>;
  readonly name: string;
  readonly warnings: readonly string[];
  /** Ends the worker at once, whatever it does. */
  kill(): void;
}

interface Started {
  readonly worker: Worker;
  readonly remote: Remote<BundleWorker>;
}

/** Workers that no test uses now: to start one takes longer than most tests. */
const idle: Started[] = [];

function start(): Started {
  useErrorEnvelope();
  const worker = new Worker(new URL('./bundle-worker.ts', import.meta.url), { type: 'module' });
  return { worker, remote: wrap<BundleWorker>(worker) };
}

/** Opens models in a worker, without a server unless one is given; what they keep is wiped when the test ends. */
export async function openRemoteModels(given: Partial<BundleSettings> = {}): Promise<ModelsUnderTest> {
  const started = idle.pop() ?? start();
  const name = given.name ?? `terrace-test-${crypto.randomUUID()}`;
  const warnings: string[] = [];
  let isAlive = true;
  const settings: BundleSettings = { catalogUrl: '', trustedKeys: [], ...given, name };
  const onWarning = proxy((message: string) => void warnings.push(message));
  const models = (await started.remote.open(settings, onWarning)) as unknown as Remote<RemoteModels>;
  onTestFinished(async () => {
    if (isAlive) {
      await models.close();
      idle.push(started);
    }
    const root = await navigator.storage.getDirectory();
    await root.removeEntry(name, { recursive: true }).catch(() => undefined);
    for (const each of ['store', 'revisions']) indexedDB.deleteDatabase(`${name}-${each}`);
  });
  const kill = (): void => {
    started.worker.terminate();
    isAlive = false;
  };
  return { models, name, warnings, kill };
}

/** Names of what lies in the folder of the store. */
export async function storedNames({ name }: ModelsUnderTest): Promise<string[]> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(name, { create: true });
  const names: string[] = [];
  for await (const each of folder.keys()) names.push(each);
  return names.toSorted();
}
