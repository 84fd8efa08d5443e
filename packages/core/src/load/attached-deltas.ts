import { labelsOf, type LocalTier } from '../catalog/tier.js';
import type { Delta } from '../catalog/schema.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import { engineDelta } from './engine-model.js';

/** Deltas that nobody uses are kept ready up to this; a domain more costs an attachment, not memory without end. */
const MAX_BYTES = 128 * 2 ** 20;
/** Where factors are taken in a layer. */
const SITES = 4;

type Adapted = LocalTier & { readonly delta: Delta };

export const hasDelta = (tier: LocalTier): tier is Adapted => tier.delta !== undefined;

interface Held {
  readonly bytes: number;
  users: number;
  /** Settles when it is attached; several share the work, and a failure is forgotten. */
  attached: Promise<void> | undefined;
  isReady: boolean;
}

/** The deltas that are ready in one session. One that somebody uses stays, however many come. */
export class AttachedDeltas {
  readonly #session: EngineSession;
  readonly #store: ModelStore;
  /** Least recently used first. */
  readonly #held = new Map<string, Held>();

  constructor(session: EngineSession, store: ModelStore) {
    this.#session = session;
    this.#store = store;
  }

  /** What their inputs take. */
  get bytes(): number {
    let sum = 0;
    for (const { bytes, attached } of this.#held.values()) if (attached) sum += bytes;
    return sum;
  }

  /**
   * Makes the tier's delta ready, and keeps it so until it is let go as often.
   * @returns undefined where it is ready: most requests have nothing to wait for
   */
  hold(tier: Adapted): Promise<void> | undefined {
    const id = tier.delta.contentId;
    const held = this.#held.get(id) ?? { bytes: inputBytes(tier), users: 0, attached: undefined, isReady: false };
    this.#held.delete(id);
    this.#held.set(id, held);
    held.users++;
    return held.isReady ? undefined : this.#ready(tier, held);
  }

  async #ready(tier: Adapted, held: Held): Promise<void> {
    try {
      await (held.attached ??= this.#attach(tier));
    } catch (error) {
      held.attached = undefined;
      throw error;
    }
    held.isReady = true;
    this.#detachUnused();
  }

  letGo(id: string): void {
    if (--this.#held.get(id)!.users === 0) this.#detachUnused();
  }

  async #attach(tier: Adapted): Promise<void> {
    await this.#session.attach(await engineDelta(tier, this.#store));
  }

  #detachUnused(): void {
    for (const [id, { users }] of this.#held) {
      if (this.bytes <= MAX_BYTES) return;
      if (users > 0) continue;
      this.#held.delete(id);
      // Whatever comes of it is no matter of the delta that was asked for.
      void this.#session.detach(id).catch(() => undefined);
    }
  }
}

/** Of factors and head, 32 bits a value. */
function inputBytes(tier: Adapted): number {
  const { layers, hidden, features } = tier.model;
  const { adapter, rank } = tier.delta;
  const factors = adapter ? 2 * layers * SITES * hidden * rank : 0;
  return 4 * (factors + labelsOf(tier).length * (features + 1));
}
