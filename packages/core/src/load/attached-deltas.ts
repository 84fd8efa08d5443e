import { labelsOf, type LocalTier } from '../catalog/tier.js';
import type { Delta } from '../catalog/schema.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import { engineDelta } from './engine-model.js';
import { inFlight } from './in-flight.js';

/** Deltas that nobody uses are kept ready up to this; a domain more costs an attachment, not memory without end. */
const MAX_BYTES = 128 * 2 ** 20;
/** Where factors are taken in a layer. */
const SITES = 4;

type Adapted = LocalTier & { readonly delta: Delta };

/** The deltas that are ready in one session. One that somebody uses stays, however many come. */
export class AttachedDeltas {
  readonly #session: EngineSession;
  readonly #store: ModelStore;
  /** Bytes of each, least recently used first. */
  readonly #ready = new Map<string, number>();
  readonly #users = new Map<string, number>();
  readonly #attachments = inFlight<void>();
  #bytes = 0;

  constructor(session: EngineSession, store: ModelStore) {
    this.#session = session;
    this.#store = store;
  }

  /** What their inputs take. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Makes the tier's delta ready, and keeps it so until it is let go as often; several callers share the work. */
  async hold(tier: Adapted): Promise<void> {
    const id = tier.delta.contentId;
    this.#users.set(id, (this.#users.get(id) ?? 0) + 1);
    if (!this.#ready.has(id)) {
      await this.#attachments(id, async () => this.#session.attach(await engineDelta(tier, this.#store)));
    }
    this.#forget(id);
    this.#ready.set(id, inputBytes(tier));
    this.#bytes += inputBytes(tier);
    this.#detachUnused();
  }

  letGo(id: string): void {
    const others = this.#users.get(id)! - 1;
    if (others > 0) this.#users.set(id, others);
    else this.#users.delete(id);
  }

  #detachUnused(): void {
    for (const id of this.#ready.keys()) {
      if (this.#bytes <= MAX_BYTES) return;
      if (this.#users.has(id)) continue;
      this.#forget(id);
      // Whatever comes of it is no matter of the delta that was asked for.
      void this.#session.detach(id).catch(() => undefined);
    }
  }

  #forget(id: string): void {
    this.#bytes -= this.#ready.get(id) ?? 0;
    this.#ready.delete(id);
  }
}

/** Of factors and head, 32 bits a value. */
function inputBytes(tier: Adapted): number {
  const { layers, hidden, features } = tier.model;
  const { adapter, rank } = tier.delta;
  const factors = adapter ? 2 * layers * SITES * hidden * rank : 0;
  return 4 * (factors + labelsOf(tier).length * (features + 1));
}
