import { runtimeClosed, type Catalog } from '@terrace/core';
import { createTextRuntime } from '@terrace/core/text';
import { otherRelease } from '../assets/other-release.js';
import { VERSION } from '../assets/version.js';
import { createBrowserTextEngine } from '../engine/text/browser-text-engine.js';
import { watchWaiting } from '../page/waiting-page.js';
import { openKeyValueStore } from '../records/key-value-store.js';
import { createSelfTestRecords } from '../records/self-test-records.js';
import { markingTextEngine } from '../sentinel/marking-text-engine.js';
import { readVerified } from '../store/read-verified.js';
import { repairingTextEngine } from '../store/repairing-text-engine.js';
import { loadModule } from './load-module.js';
import type { OpenedText, RareOptions } from './rare-calls.js';
import { createTextAsks } from './text-asks.js';
import type { TextCalls, TextFiles } from './text-protocol.js';

/** What answers requests for text, as a file of its own: a page that asks for none never loads it. */
export function openText(
  { name: stored, settings, models, ports, sentinel }: RareOptions,
  files: TextFiles,
): OpenedText {
  if (files.version !== VERSION) throw otherRelease(files.version);
  const engine = createBrowserTextEngine({
    files: settings.files,
    workerUrl: files.worker,
    threads: settings.threads,
    allowSoftwareGpu: settings.allowSoftwareGpu,
  });
  const text = createTextRuntime({
    ...ports,
    engine: repairingTextEngine(markingTextEngine(engine, sentinel), (located, signal) =>
      models.renew(located, signal),
    ),
    readFile: async (file) => readVerified(await models.locate(file)),
    loadedBytes: () => ports.engine.residentBytes() ?? 0,
    selfTests: {
      // Beside those of encoders: nothing of them is about the same weights.
      records: createSelfTestRecords({
        store: openKeyValueStore({ name: `${stored}-self-tests`, clock: ports.clock }),
        load: () => loadModule(settings.files.acquire),
      }),
      environment: () => ports.probe.environment(),
    },
  });
  let offered: Catalog | undefined;
  const closing = new AbortController();
  const calls: TextCalls = {
    ...createTextAsks(text, ports.clock, watchWaiting),
    recommend: ([bounds], { signal }) => text.recommend(bounds, { signal }),
    count: ([input], { signal }) => text.count(input, { signal }),
    prepare: ([bounds], { signal, tell: onProgress }) => text.prepare(bounds, { signal, onProgress }),
    flush: () => text.flush(),
  };
  return {
    flush: () => text.flush(),
    async call(name, args, { signal, tell }) {
      const catalog = models.current();
      if (catalog !== offered && catalog.text) (await models.supply.open()).offerText(catalog);
      offered = catalog;
      const over = AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]);
      return calls[name](args as never, { signal: over, tell: tell as never });
    },
    async close() {
      closing.abort(runtimeClosed());
      await text.close();
      await engine.close();
    },
  };
}
