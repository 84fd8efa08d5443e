import { StorageError } from '../errors/storage-error.js';
import type { BudgetStore, PeriodLimit } from '../ports/budget-store.js';
import type { Budget, Meter, PayAsk, SpentBudget } from '../ports/budget.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { BudgetAlert } from './alerts.js';
import { AlertsTold } from './alerts-told.js';
import { type Amounts, NOTHING } from './amounts.js';
import type { BudgetLimit, BudgetStanding } from './budget-limit.js';
import { countable, createMeter, FREE, sumOf } from './budget-meter.js';
import { countedLimits, counts, type CountedLimit } from './counted-limits.js';
import { FRESH_MS, KnownStandings } from './known-standings.js';
import { OverrunWatch } from './overrun-watch.js';
import { periodOf } from './period.js';
import { RequestSpending } from './request-spending.js';
import { isExhausted, toSpent } from './spent.js';

export interface BudgetOptions {
  /** As they are now: whoever changes them gives another list. Of two with one id the last counts. */
  readonly limits: () => readonly BudgetLimit[];
  readonly store: BudgetStore;
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  /** Names reservations. */
  readonly random: Random;
  /** Told of each share of `alertAt`, of a forecast that says it will not last, and of an overrun, once a period. */
  readonly onAlert?: ((alert: BudgetAlert) => void) | undefined;
  /** Told when the store failed where no request could be told. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** A budget that somebody may look into. */
export interface OpenBudget extends Budget {
  /** Of every limit as of now, after what has ended is settled. Of single requests nothing is said. @throws StorageError */
  standings(): Promise<BudgetStanding[]>;
  /** Settles what has ended, and closes the store. */
  close(): Promise<void>;
}

/** What is held for one run. */
interface Held {
  readonly id: string;
  readonly requestId: string;
  readonly atWallMs: number;
  readonly amounts: Amounts;
  /** All that count the run, those of which nothing had to be reserved as well. */
  readonly counting: readonly CountedLimit[];
  readonly periods: readonly PeriodLimit[];
}

export function createBudget(options: BudgetOptions): OpenBudget {
  return new StoredBudget(options);
}

class StoredBudget implements OpenBudget {
  readonly #is: BudgetOptions;
  readonly #known: KnownStandings;
  readonly #alerts: AlertsTold;
  readonly #overruns: OverrunWatch;
  readonly #requests = new RequestSpending();
  readonly #settling = new Set<Promise<void>>();
  #counted: { readonly from: readonly BudgetLimit[]; readonly limits: readonly CountedLimit[] } | undefined;
  #reading: Promise<void> | undefined;
  #lookedAtMs = -Infinity;

  constructor(options: BudgetOptions) {
    this.#is = options;
    this.#known = new KnownStandings(options.store, options.clock);
    const { store, clock, onAlert = () => undefined } = options;
    this.#alerts = new AlertsTold(onAlert);
    this.#overruns = new OverrunWatch(store, clock, onAlert);
  }

  whySpent(
    tier: string,
    scope: Parameters<Budget['whySpent']>[1] = {},
    units: Parameters<Budget['whySpent']>[2] = ['usd', 'bytes'],
  ): SpentBudget | undefined {
    let soft: SpentBudget | undefined;
    for (const counted of this.#limits()) {
      const { limit } = counted;
      if (limit.period === 'request' || !counts(limit, { ...scope, tier })) continue;
      if (limit.whenSpent !== 'refuse' && !units.includes(limit.unit)) continue;
      if (!this.#known.isFresh(counted)) this.#readSoon();
      const standing = this.#known.standing(counted);
      if (!this.#known.knows(counted) || standing.left > 0) continue;
      if (limit.whenSpent !== 'degrade') return toSpent(standing);
      soft ??= toSpent(standing);
    }
    return soft;
  }

  pay<T>(ask: PayAsk, run: (meter: Meter) => Promise<T>): Promise<T> {
    const counting = this.#limits().filter(({ limit }) => counts(limit, ask.scope));
    return counting.length === 0 ? run(FREE) : this.#pay(ask, counting, run);
  }

  async standings(): Promise<BudgetStanding[]> {
    await this.#settled();
    await this.#readAll();
    return this.#limits().map((each) => this.#known.standing(each));
  }

  async close(): Promise<void> {
    await this.#settled();
    await this.#is.store.close();
  }

  async #pay<T>(ask: PayAsk, counting: readonly CountedLimit[], run: (meter: Meter) => Promise<T>): Promise<T> {
    const held = await this.#hold(ask, counting);
    const meter = createMeter(held.amounts, new Set(held.counting.map(({ limit }) => limit.unit)));
    try {
      return await run(meter);
    } finally {
      this.#settle(held, meter.taken());
    }
  }

  /** @throws BudgetExhaustedError */
  async #hold(ask: PayAsk, counting: readonly CountedLimit[]): Promise<Held> {
    const atMost = countable(ask.atMost, NOTHING);
    const costly = counting.filter(({ limit }) => atMost[limit.unit] > 0);
    try {
      if (!counting.every((each) => this.#known.knows(each))) await this.#read();
      const refusing = counting.find((each) => each.limit.whenSpent === 'refuse' && this.#leftOf(each, ask) <= 0);
      if (refusing) throw isExhausted(toSpent(this.#standingFor(refusing, ask)));
      const spare = ask.spare && countable(sumOf(atMost, ask.spare), atMost);
      const isAmple =
        spare && costly.every((each) => this.#leftOf(each, ask) >= ampleFor(each, spare[each.limit.unit]));
      const ample = isAmple ? await this.#reserve(ask, counting, spare) : undefined;
      return isHeld(ample) ? ample : await this.#reserveLeast(ask, counting, atMost);
    } catch (error) {
      this.#storeFailed(error, costly);
      // Soft ones let it pass, and those of the request itself need no store.
      return this.#reserveLeast(ask, counting.filter(isOfRequest), atMost);
    }
  }

  /** @throws BudgetExhaustedError, StorageError */
  async #reserveLeast(ask: PayAsk, counting: readonly CountedLimit[], amounts: Amounts): Promise<Held> {
    const held = await this.#reserve(ask, counting, amounts);
    if (isHeld(held)) return held;
    // Others have spent it: how it stands is what an operator is told.
    if (!isOfRequest(held)) await this.#read().catch((error: unknown) => this.#is.onFailure?.(error));
    throw isExhausted(toSpent(this.#standingFor(held, ask)));
  }

  /** @returns the first budget without room, and then nothing is held @throws StorageError */
  async #reserve(ask: PayAsk, counting: readonly CountedLimit[], amounts: Amounts): Promise<Held | CountedLimit> {
    const { requestId } = ask;
    const costly = counting.filter(({ limit }) => amounts[limit.unit] > 0);
    const limitOf = ({ limit }: CountedLimit): number =>
      limit.whenSpent === 'degrade' && !ask.optional ? Infinity : limit.limit;
    const ofRequest = costly.filter(isOfRequest);
    const full = ofRequest.find(
      (each) => !this.#requests.hasRoom(requestId, each.id, amounts[each.limit.unit], limitOf(each)),
    );
    if (full) return full;
    const atWallMs = this.#is.clock.wallMs();
    const periods = costly.flatMap((each) => periodsOf(each, limitOf(each), atWallMs));
    const held: Held = { id: this.#newId(), requestId, atWallMs, amounts, counting, periods };
    for (const { id, limit } of ofRequest) this.#requests.reserve(requestId, id, amounts[limit.unit]);
    let isReserved = false;
    try {
      const refused = periods.length === 0 ? undefined : await this.#is.store.reserve(held);
      if (refused) return costly.find(({ id }) => id === refused.budgetId)!;
      isReserved = true;
    } finally {
      if (!isReserved) this.#settleRequest(held, NOTHING);
    }
    this.#change(held, (unit) => ({ spent: 0, reserved: amounts[unit] }));
    return held;
  }

  /** Nobody waits for it: until it is done the whole reservation stands. */
  #settle(held: Held, cost: Amounts): void {
    this.#settleRequest(held, cost);
    const done = this.#keep(held, cost)
      .catch((error: unknown) => this.#is.onFailure?.(error))
      .finally(() => this.#settling.delete(done));
    this.#settling.add(done);
  }

  #settleRequest({ requestId, counting, amounts }: Held, cost: Amounts): void {
    for (const { id, limit } of counting.filter(isOfRequest))
      this.#requests.settle(requestId, id, amounts[limit.unit], cost[limit.unit]);
  }

  async #keep(held: Held, cost: Amounts): Promise<void> {
    const { store } = this.#is;
    const { atWallMs, requestId, amounts, counting, periods } = held;
    if (periods.length > 0) {
      await store.settle(held.id, cost);
      this.#change(held, (unit) => ({ spent: cost[unit], reserved: -amounts[unit] }));
    }
    // What was said to cost nothing, and did.
    const beyond = counting.filter(({ limit }) => amounts[limit.unit] === 0 && cost[limit.unit] > 0);
    const uncounted = beyond.flatMap((each) => periodsOf(each, Infinity, atWallMs));
    if (uncounted.length > 0) {
      const id = this.#newId();
      await store.reserve({ id, requestId, atWallMs, amounts: cost, periods: uncounted });
      await store.settle(id, cost);
      this.#change({ ...held, periods: uncounted }, (unit) => ({ spent: cost[unit], reserved: 0 }));
    }
    const standings = counting.filter((each) => this.#known.knows(each)).map((each) => this.#known.standing(each));
    for (const each of standings) this.#alerts.see(each);
    for (const each of standings) await this.#overruns.see(each);
  }

  #change(
    { periods }: Pick<Held, 'periods'>,
    change: (unit: PeriodLimit['unit']) => { readonly spent: number; readonly reserved: number },
  ): void {
    for (const { budgetId, fromWallMs, unit } of periods) this.#known.change(budgetId, fromWallMs, change(unit));
  }

  /** @throws BudgetExhaustedError where a hard budget in the store cannot be asked, and whatever else went wrong */
  #storeFailed(error: unknown, costly: readonly CountedLimit[]): void {
    if (!StorageError.isInstance(error)) throw error;
    const hard = costly.find((each) => each.limit.whenSpent !== 'degrade' && !isOfRequest(each));
    if (!hard) return void this.#is.onFailure?.(error);
    const message = `nobody can say what is left of the budget ${hard.id}`;
    throw isExhausted({ ...toSpent(this.#known.standing(hard)), left: 0, message }, error);
  }

  #standingFor(counted: CountedLimit, { requestId }: PayAsk): BudgetStanding {
    const standing = this.#known.standing(counted);
    if (!isOfRequest(counted)) return standing;
    return { ...standing, left: Math.max(0, counted.limit.limit - this.#requests.of(requestId, counted.id)) };
  }

  #leftOf(counted: CountedLimit, ask: PayAsk): number {
    return this.#standingFor(counted, ask).left;
  }

  #limits(): readonly CountedLimit[] {
    const from = this.#is.limits();
    if (this.#counted?.from !== from) this.#counted = { from, limits: countedLimits(from) };
    return this.#counted.limits;
  }

  /** One look serves all who want one meanwhile. */
  #read(): Promise<void> {
    this.#reading ??= this.#readAll().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    const limits = this.#limits();
    await this.#known.read(limits);
    for (const each of limits) if (this.#known.knows(each)) this.#alerts.see(this.#known.standing(each));
  }

  /** At most once a second, whether or not it works. */
  #readSoon(): void {
    const nowMs = this.#is.clock.nowMs();
    if (this.#reading || nowMs - this.#lookedAtMs < FRESH_MS) return;
    this.#lookedAtMs = nowMs;
    this.#read().catch((error: unknown) => this.#is.onFailure?.(error));
  }

  async #settled(): Promise<void> {
    while (this.#settling.size > 0) await Promise.all(this.#settling);
  }

  #newId(): string {
    const { random } = this.#is;
    return Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join('-');
  }
}

const isOfRequest = ({ limit }: CountedLimit): boolean => limit.period === 'request';

const isHeld = (reserved: Held | CountedLimit | undefined): reserved is Held =>
  reserved !== undefined && 'amounts' in reserved;

/** Only what nobody else will want soon is held for calls that may never be made. */
const SPARE_SHARE = 0.1;

const ampleFor = ({ limit: { period } }: CountedLimit, amount: number): number =>
  period === 'request' ? amount : amount / SPARE_SHARE;

/** The running period of a limit; none where it is that of single requests. */
function periodsOf({ id, limit: { period, unit } }: CountedLimit, limit: number, atWallMs: number): PeriodLimit[] {
  return period === 'request' ? [] : [{ budgetId: id, fromWallMs: periodOf(period, atWallMs).fromWallMs, unit, limit }];
}
