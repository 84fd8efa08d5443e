import type { LocalTier } from '../catalog/tier.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import { engineDelta } from './engine-model.js';
import { inFlight } from './in-flight.js';

/** Deltas kept ready in one session; a domain more costs an attachment, not memory without end. */
const MAX_ATTACHED = 32;

/** Somebody who answers requests needs the memory of a trial, or its turn to load. */
export class GaveWay extends Error {}

/** One loaded session and everything that holds it. It is released when it is retired and its last run is over. */
export class Seat {
  readonly session: EngineSession;
  /** With what it was loaded, so that it can be replaced. */
  readonly tier: LocalTier;
  readonly provider: string;
  lastUsedMs: number;
  leases = 0;
  runs = 0;
  /** Of a session that is only tried out: ends the trial. */
  readonly trial: AbortController | undefined;
  #retired = false;
  #released: Promise<void> | undefined;
  readonly #onReleased: (seat: Seat) => void;
  readonly #store: ModelStore;
  /** Least recently used first. */
  readonly #attached = new Set<string>();
  readonly #attachments = inFlight<void>();

  constructor({
    session,
    tier,
    provider,
    store,
    nowMs,
    onReleased,
    trial,
  }: {
    session: EngineSession;
    tier: LocalTier;
    provider: string;
    store: ModelStore;
    nowMs: number;
    onReleased: (seat: Seat) => void;
    trial?: AbortController;
  }) {
    this.session = session;
    this.tier = tier;
    this.provider = provider;
    this.lastUsedMs = nowMs;
    this.#store = store;
    this.#onReleased = onReleased;
    this.trial = trial;
  }

  get variantId(): string {
    return this.tier.variant.weights.sha256;
  }

  get inline(): boolean {
    return this.session.report.thread === 'inline';
  }

  /** What it took when it was loaded. */
  get loadedBytes(): number {
    return this.session.report.peakMemoryBytes;
  }

  get bytes(): number {
    return Math.max(this.loadedBytes, this.session.heldBytes ?? 0);
  }

  get retired(): boolean {
    return this.#retired;
  }

  hold(nowMs: number): void {
    this.leases++;
    this.lastUsedMs = nowMs;
  }

  letGo(nowMs: number): void {
    this.leases--;
    this.runs++;
    this.lastUsedMs = nowMs;
    if (this.#retired && this.leases === 0) void this.#release();
  }

  /** Takes no new work; what is under way ends first, and a trial at once. */
  retire(): void {
    this.#retired = true;
    this.trial?.abort(new GaveWay());
    if (this.leases === 0) void this.#release();
  }

  /** Makes the delta of a tier ready; several callers share the work. */
  async attach(tier: LocalTier): Promise<void> {
    const { delta } = tier;
    if (!delta) return;
    const id = delta.contentId;
    if (!this.#attached.delete(id)) {
      await this.#attachments(id, async () => this.session.attach(await engineDelta({ ...tier, delta }, this.#store)));
    }
    this.#attached.add(id);
    if (this.#attached.size <= MAX_ATTACHED) return;
    const [oldest] = this.#attached;
    this.#attached.delete(oldest!);
    // Whatever comes of it is no matter of the delta that was asked for.
    void this.session.detach(oldest!).catch(() => undefined);
  }

  #release(): Promise<void> {
    this.#released ??= this.session
      .release()
      .catch(() => undefined)
      .then(() => this.#onReleased(this));
    return this.#released;
  }
}
