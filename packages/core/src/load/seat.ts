import type { LocalTier } from '../catalog/tier.js';
import type { EngineSession } from '../ports/model-engine.js';
import type { ModelStore } from '../ports/model-store.js';
import { AttachedDeltas, hasDelta } from './attached-deltas.js';

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
  readonly #deltas: AttachedDeltas;

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
    this.#deltas = new AttachedDeltas(session, store);
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
    return Math.max(this.loadedBytes, this.session.heldBytes ?? 0) + this.#deltas.bytes;
  }

  get retired(): boolean {
    return this.#retired;
  }

  hold(nowMs: number): void {
    this.leases++;
    this.lastUsedMs = nowMs;
  }

  /** @param delta that was attached for the lease */
  letGo(nowMs: number, delta?: LocalTier['delta']): void {
    if (delta) this.#deltas.letGo(delta.contentId);
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

  /** Makes the delta of a tier ready; it stays so until it is let go with the lease. @returns undefined where it is */
  attach(tier: LocalTier): Promise<void> | undefined {
    return hasDelta(tier) ? this.#deltas.hold(tier) : undefined;
  }

  #release(): Promise<void> {
    this.#released ??= this.session
      .release()
      .catch(() => undefined)
      .then(() => this.#onReleased(this));
    return this.#released;
  }
}
