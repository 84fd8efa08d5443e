import { runtimeClosed, type Clock, type Random } from '@terrace/core';
import { createCaller, type Caller } from '../calls/caller.js';
import { randomName } from '../random-name.js';
import type { News, PageCalls, RuntimeCalls, RuntimeSettings } from '../worker/protocol.js';
import { follow } from './following.js';
import type { LeaderLock, Leadership } from './leader-lock.js';
import { lead, type LeadingSeat, type Seat, type SeatOptions, type StartWorker } from './leading.js';
import { createPulse, type Pulse } from './pulse.js';

/** Whether the runtime is in this tab, or in another one that answers this one as well. */
export type TabRole = 'leads' | 'follows';

/** The tabs that share one runtime. */
export interface TabGroup {
  readonly name: string;
  readonly lock: LeaderLock;
}

export interface LinkOptions {
  readonly settings: RuntimeSettings;
  /** Undefined where this page has the runtime for itself. */
  readonly group: TabGroup | undefined;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Random;
  readonly startWorker: StartWorker;
  readonly page: PageCalls;
  readonly onNews: (news: News) => void;
  readonly onRole: (role: TabRole) => void;
}

/**
 * A page's way to the runtime, whichever tab has it. When that tab is closed, crashes or falls silent another one takes
 * its place, and what was under way is asked for again: no call is lost, and none has two outcomes.
 */
export class RuntimeLink {
  readonly #options: LinkOptions;
  readonly #name = randomName();
  readonly #caller: Caller<RuntimeCalls> = createCaller(this.#name);
  readonly #pulse: Pulse;
  #seat: Seat | undefined;
  #leading: LeadingSeat | undefined;
  #leadership: Leadership | undefined;
  #waiting: AbortController | undefined;
  #isJoining = false;
  #closing: Promise<void> | undefined;

  private constructor(options: LinkOptions) {
    this.#options = options;
    this.#pulse = createPulse({
      ...options,
      isNeeded: () => this.#needsWord(),
      ask: () => this.#seat?.ask(),
      onSilence: () => void this.#replace().catch(() => undefined),
    });
  }

  /** @throws what the runtime cannot be opened for */
  static async open(options: LinkOptions): Promise<RuntimeLink> {
    const link = new RuntimeLink(options);
    await link.#join();
    return link;
  }

  /** @throws what the call throws, and RuntimeClosedError */
  readonly call: Caller<RuntimeCalls>['call'] = (name, args, options) => {
    if (this.#closing) return Promise.reject(runtimeClosed());
    // A runtime that could not be opened anew is tried again when it is wanted.
    if (!this.#seat) this.#joinAgain();
    const outcome = this.#caller.call(name, args, options);
    this.#pulse.watch();
    return outcome;
  };

  /** Callers share it. */
  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#pulse.stop();
      await this.#leading?.close();
      this.#leave();
      this.#caller.close(runtimeClosed());
    })();
    return this.#closing;
  }

  #joinAgain(): void {
    if (this.#isJoining) return;
    this.#isJoining = true;
    void this.#join()
      .catch(() => undefined)
      .finally(() => (this.#isJoining = false));
  }

  /** Resolves when somebody answers. */
  async #join(): Promise<void> {
    const { group } = this.#options;
    if (!group) return this.#lead();
    const leadership = await group.lock.tryLead();
    return leadership ? this.#takeOver(leadership) : this.#follow(group);
  }

  #follow({ name: group, lock }: TabGroup): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting = (this.#waiting = new AbortController());
      this.#seat = follow({ ...this.#seatOptions(), group, name: this.#name, onLeader: resolve });
      this.#options.onRole('follows');
      this.#pulse.watch();
      lock.waitToLead(waiting.signal).then(
        (leadership) => this.#takeOver(leadership).then(resolve, reject),
        () => undefined,
      );
    });
  }

  /** @throws what the runtime cannot be opened for; then another tab may try */
  async #takeOver(leadership: Leadership): Promise<void> {
    this.#leaveSeat();
    if (this.#closing) return leadership.resign();
    this.#leadership = leadership;
    void leadership.lost.then(() => this.#stepDown(leadership));
    await this.#lead();
  }

  async #lead(): Promise<void> {
    try {
      this.#seat = this.#leading = lead({ ...this.#options, ...this.#seatOptions() });
      await this.#leading.opened;
      this.#options.onRole('leads');
      // What was under way before is.
      this.#pulse.watch();
    } catch (error) {
      this.#leave();
      this.#caller.fail(error as Error);
      throw error;
    }
  }

  /** Nobody has answered for a while: another worker does, if need be in the place of another tab's. */
  async #replace(): Promise<void> {
    const { group } = this.#options;
    if (group && !this.#leading) return this.#takeOver(await group.lock.seize());
    this.#leaveSeat();
    await this.#lead();
  }

  /** Another tab leads now, as this one did not answer. */
  #stepDown(leadership: Leadership): void {
    const { group } = this.#options;
    if (this.#leadership !== leadership || this.#closing || !group) return;
    this.#leadership = undefined;
    this.#leaveSeat();
    this.#follow(group).catch(() => undefined);
  }

  /** What starts here may take its time; a word is wanted from another tab, and from who has work of ours. */
  #needsWord(): boolean {
    if (!this.#seat?.isReady()) return this.#seat !== this.#leading;
    return this.#caller.underWay() > 0;
  }

  #leaveSeat(): void {
    this.#waiting?.abort();
    this.#seat?.end();
    this.#seat = this.#leading = this.#waiting = undefined;
  }

  #leave(): void {
    this.#pulse.stop();
    this.#leaveSeat();
    this.#leadership?.resign();
    this.#leadership = undefined;
  }

  #seatOptions(): SeatOptions {
    const { group, onNews } = this.#options;
    return { group: group?.name, caller: this.#caller, onNews, onHeard: () => this.#pulse.heard() };
  }
}
