import type { FileRef } from '../catalog/schema.js';
import { labelsOf, type Tier } from '../catalog/tier.js';
import type { EngineSession, LoadReport, ModelEngine } from '../ports/model-engine.js';
import type { LocatedFile, ModelStore } from '../ports/model-store.js';
import { inFlight } from './in-flight.js';

/** One load, as the ledger keeps it. */
export interface LoadEvent {
  readonly tier: Tier;
  readonly report: LoadReport;
  /** Variant id this one takes over from. */
  readonly replaces: string | undefined;
}

/** A loaded tier; `done` gives it back. */
export interface Lease {
  readonly session: EngineSession;
  readonly done: () => void;
}

export interface Loader {
  isLoaded(tier: Tier): boolean;
  /** Resident bytes that loaded variants took at their peak. */
  loadedBytes(): number;
  /**
   * A session of the tier with its delta attached, loaded at most once however many ask. An abort ends
   * the wait of one caller, not the load.
   */
  acquire(
    tier: Tier,
    load: { readonly provider: string; readonly expectedRunMs: number },
    signal?: AbortSignal,
  ): Promise<Lease>;
  /** Lets go of a variant that failed, so that the next caller loads it anew. */
  discard(tier: Tier): void;
  close(): Promise<void>;
}

interface Loaded {
  readonly variantId: string;
  readonly modelId: string;
  readonly session: EngineSession;
  readonly attached: Set<string>;
  readonly attachments: ReturnType<typeof inFlight<void>>;
  leases: number;
  retired: boolean;
}

/**
 * Loads tiers and keeps them. Make before break: a new variant of a model is loaded and has answered
 * its warm-up before the old one is let go, and the old one stays until its last run is over.
 */
export function createLoader({
  engine,
  store,
  onLoad,
}: {
  engine: ModelEngine;
  store: ModelStore;
  onLoad: (event: LoadEvent) => void;
}): Loader {
  const loaded = new Map<string, Loaded>();
  const loads = inFlight<Loaded>();

  const load = async (
    tier: Tier,
    { provider, expectedRunMs }: { provider: string; expectedRunMs: number },
  ): Promise<Loaded> => {
    const { model, variant } = tier;
    const locate = (file: FileRef): Promise<LocatedFile> => store.locate(file);
    const [weights, tokenizer, tokenizerConfig] = await Promise.all([
      locate(variant.weights),
      locate(model.tokenizer),
      model.tokenizerConfig && locate(model.tokenizerConfig),
    ]);
    const session = await engine.load({
      variantId: variant.weights.sha256,
      modelId: model.id,
      provider,
      weights,
      tokenizer,
      tokenizerConfig,
      graph: { interface: model.interface, layers: model.layers, hidden: model.hidden, features: model.features },
      contextTokens: model.contextTokens,
      expectedRunMs,
    });
    const entry: Loaded = {
      variantId: variant.weights.sha256,
      modelId: model.id,
      session,
      attached: new Set(),
      attachments: inFlight(),
      leases: 0,
      retired: false,
    };
    const older = [...loaded.values()].find((each) => each.modelId === model.id);
    loaded.set(entry.variantId, entry);
    if (older) retire(older);
    onLoad({ tier, report: session.report, replaces: older?.variantId });
    return entry;
  };

  const retire = (entry: Loaded): void => {
    entry.retired = true;
    if (loaded.get(entry.variantId) === entry) loaded.delete(entry.variantId);
    if (entry.leases === 0) void entry.session.release().catch(() => undefined);
  };

  const attach = async ({ session }: Loaded, tier: Tier): Promise<void> => {
    const { delta } = tier;
    if (!delta) return;
    const [head, adapter] = await Promise.all([store.locate(delta.head), delta.adapter && store.locate(delta.adapter)]);
    await session.attach({
      deltaId: delta.contentId,
      rank: delta.rank,
      labelCount: labelsOf(tier).length,
      head,
      adapter,
    });
  };

  const ensureAttached = async (entry: Loaded, tier: Tier): Promise<void> => {
    const id = tier.delta?.contentId;
    if (id === undefined || entry.attached.has(id)) return;
    await entry.attachments(id, () => attach(entry, tier));
    entry.attached.add(id);
  };

  return {
    isLoaded: (tier) => loaded.has(tier.variant.weights.sha256),
    loadedBytes: () => [...loaded.values()].reduce((sum, { session }) => sum + session.report.peakMemoryBytes, 0),
    async acquire(tier, options, signal) {
      signal?.throwIfAborted();
      const variantId = tier.variant.weights.sha256;
      let entry = loaded.get(variantId);
      // Another variant of the model may have taken over between the end of the load and this caller's turn.
      while (!entry || entry.retired)
        entry = await waitFor(
          loads(variantId, () => load(tier, options)),
          signal,
        );
      const held = entry;
      held.leases++;
      const done = (): void => {
        held.leases--;
        if (held.retired && held.leases === 0) void held.session.release().catch(() => undefined);
      };
      try {
        await waitFor(ensureAttached(held, tier), signal);
        return { session: held.session, done };
      } catch (error) {
        done();
        throw error;
      }
    },
    discard(tier) {
      const entry = loaded.get(tier.variant.weights.sha256);
      if (entry) retire(entry);
    },
    async close() {
      loaded.clear();
      await engine.close();
    },
  };
}

function waitFor<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
