import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import type { DeployedModel } from '../deployed-model.js';
import type { DeploymentState, WindowRecord } from '../deployment-state.js';
import type { LifeEvent } from '../lifecycle/model-life.js';
import type { Arms } from './arms.js';
import { availableModels } from './availability.js';
import { BringUp } from './bring-up.js';
import {
  isReady,
  liveIds,
  rolloutsUnderWay,
  withEvent,
  withFailure,
  withoutStarts,
  withWindow,
} from './change-state.js';
import type { ControllerPorts } from './controller-ports.js';
import { endDearRollout } from './end-dear-rollout.js';
import { enterByCanary } from './enter-by-canary.js';
import { expectedRequests } from './expected-requests.js';
import { planNext, type PlannedWindow } from './plan-next.js';
import type { Traffic } from './traffic.js';
import { WindowClock } from './window-clock.js';
import { handOn, NO_TALLY, withRoute, type WindowTally } from './window-tally.js';

/** A window that could not be planned is planned again after so long. */
const AGAIN_MS = 600_000;
/** A model is let go after so long, whatever is said of requests under way: one may have ended without a word. */
const DRAIN_MS = 600_000;
/** An arm that has changed is known again after so many rewards: before that any plan would only hope for it. */
const KNOWN_AGAIN = 30;
/** Share of a window that passes before the next one may begin because an arm has changed, so that windows do not flap. */
const LEAST_OF_WINDOW = 0.05;

/** The state of a deployment, as several parts of a controller change it. */
export interface HeldState {
  current: DeploymentState;
}

interface WindowsPorts {
  readonly ports: Pick<ControllerPorts, 'settings' | 'models' | 'openWindow' | 'routing' | 'clock' | 'onFailure'>;
  readonly state: HeldState;
  readonly arms: Arms;
  readonly traffic: Traffic;
  /** That the window under way is expected to have. */
  readonly requests: number;
  /** What the window under way has had in processes before this one. */
  readonly tally: WindowTally;
  /** Aborts when nothing is to be begun any more. */
  readonly signal: AbortSignal;
  /** Told when something has come to an end that was waited for. */
  readonly onNews: () => void;
}

/** One window after the other: it plans them, starts their models, and lets go of those that are not in them any more. */
export class Windows {
  readonly #ports: WindowsPorts['ports'];
  readonly #state: HeldState;
  readonly #arms: Arms;
  readonly #traffic: Traffic;
  readonly #signal: AbortSignal;
  readonly #onNews: () => void;
  /** Arms that have changed in this window. */
  readonly #changed = new Set<number>();
  #requests: number;
  /** Of the window under way, beside what its router counts. */
  #tally: WindowTally;
  #clock: WindowClock | undefined;
  #bringUp: BringUp | undefined;
  #isDue = false;
  #notBeforeMs = -Infinity;

  constructor({ ports, state, arms, traffic, requests, tally, signal, onNews }: WindowsPorts) {
    this.#ports = ports;
    this.#state = state;
    this.#arms = arms;
    this.#traffic = traffic;
    this.#requests = requests;
    this.#tally = tally;
    this.#signal = signal;
    this.#onNews = onNews;
  }

  get requests(): number {
    return this.#requests;
  }

  /** Of the window under way. */
  get tally(): WindowTally {
    return withRoute(this.#tally, this.#traffic.inForce?.stageRoute);
  }

  /** Of the window in force; undefined where there is none. */
  get leftMs(): number | undefined {
    return this.#clock?.leftMs();
  }

  /** Who may be live, or who has which share, is another one now: the next window begins with the next turn. */
  beDue(): void {
    this.#isDue = true;
  }

  /** What an arm is worth has changed: once it is known again, the next window begins early. */
  changed(arm: number): void {
    this.#changed.add(arm);
  }

  /** What is being started is wanted no more. */
  cancel(): void {
    this.#bringUp?.cancel();
  }

  /** What the next one would be. @throws InfeasibleBudgetError */
  async preview(): Promise<WindowRecord> {
    return (await this.#plan(this.#state.current, this.#expected())).record;
  }

  /** The window that was in force when the process before ended, where it is not over and all of its models may be live. */
  async resume(): Promise<void> {
    const { clock, settings, onFailure } = this.#ports;
    for (const id of liveIds(this.#state.current)) {
      const model = this.#arms.modelOf(id);
      if (model) void this.#warm(model);
    }
    const { window } = this.#state.current;
    if (!window || clock.wallMs() >= window.toWallMs) return;
    const among = Object.keys(window.live);
    const left = new Set(availableModels(settings(), this.#state.current, clock.wallMs()).map(({ id }) => id));
    if (!among.every((id) => left.has(id))) return;
    try {
      const { stageRoute } = await this.#plan(this.#state.current, this.#requests, { among, isPaid: true });
      this.#tally = handOn(this.#tally, stageRoute, settings().budgetUsd);
      this.#traffic.use({ record: window, stageRoute }, rolloutsUnderWay(this.#state.current));
      this.#clock = new WindowClock(window, clock, clock.wallMs() - window.fromWallMs);
    } catch (error) {
      onFailure(error);
    }
  }

  /** Whatever can be done now, and nothing that takes long but planning. */
  async turn(): Promise<void> {
    await this.#drain();
    if (this.#bringUp?.isDone) this.#useStarted(this.#bringUp);
    if (this.#mayPlan()) await this.#begin();
    else await this.#renew();
  }

  #mayPlan(): boolean {
    const { clock } = this.#ports;
    if (this.#isDue || this.#isKnownAgain()) return true;
    if ((this.#clock?.leftMs() ?? 0) > 0) return false;
    return this.#bringUp === undefined && clock.nowMs() >= this.#notBeforeMs;
  }

  #isKnownAgain(): boolean {
    if (this.#changed.size === 0 || !this.#clock || this.#bringUp) return false;
    if (this.#clock.passedMs() < this.#ports.settings().windowMs * LEAST_OF_WINDOW) return false;
    return [...this.#changed].some((arm) => this.#arms.statistics.rewards[arm]! >= KNOWN_AGAIN);
  }

  /** Plans a window and brings its models up; while that goes on the one before answers. */
  async #begin(): Promise<void> {
    const { clock, settings, models, onFailure } = this.#ports;
    this.#isDue = false;
    this.#changed.clear();
    this.#bringUp?.cancel();
    this.#bringUp = undefined;
    this.#state.current = withoutStarts(this.#state.current);
    const planned = await this.#planFirst([
      enterByCanary(this.#state.current, settings(), clock.wallMs()),
      this.#state.current,
    ]);
    // What was in force stays in force.
    if (!planned) return void (this.#notBeforeMs = clock.nowMs() + AGAIN_MS);
    const missing = planned.live.filter(({ id }) => !isReady(this.#state.current, id));
    if (missing.length === 0) return this.#use(planned);
    const onEvent = (model: string, event: LifeEvent): void => this.#advance(model, event);
    this.#bringUp = new BringUp({ planned, missing, models, onEvent, onFailure, onDone: () => this.#onNews() });
  }

  #useStarted({ failed, planned }: BringUp): void {
    this.#bringUp = undefined;
    if (failed.length > 0) this.#isDue = true;
    else this.#use(planned);
  }

  /** In one assignment; only then those that are not in it begin to drain. */
  #use({ record, live, stageRoute, requests }: PlannedWindow): void {
    const { clock } = this.#ports;
    this.#requests = requests;
    this.#state.current = withWindow(this.#state.current, { record, live, atWallMs: clock.wallMs() });
    stageRoute.spend(record.fixedUsd);
    this.#tally = NO_TALLY;
    this.#clock = new WindowClock(record, clock);
    this.#traffic.use({ record, stageRoute }, rolloutsUnderWay(this.#state.current));
  }

  /** The window goes on with the budget of as many requests again: more have come than were expected. */
  async #renew(): Promise<void> {
    const { inForce } = this.#traffic;
    const { settings, clock, onFailure } = this.#ports;
    if (!inForce || inForce.stageRoute.asked < this.#requests || clock.nowMs() < this.#notBeforeMs) return;
    const { record } = inForce;
    const requests = this.#expected();
    const among = Object.keys(record.live);
    let stageRoute;
    try {
      ({ stageRoute } = await this.#plan(this.#state.current, requests, { among, isPaid: true }));
    } catch (error) {
      // Until then the cheapest one answers.
      this.#notBeforeMs = clock.nowMs() + AGAIN_MS;
      return onFailure(error);
    }
    this.#requests = requests;
    this.#tally = handOn(this.tally, stageRoute, settings().budgetUsd);
    this.#traffic.use({ record, stageRoute }, rolloutsUnderWay(this.#state.current));
  }

  /** The process before had it loaded; whether it loads here shows only now. */
  async #warm(model: DeployedModel): Promise<void> {
    const { models, clock, onFailure } = this.#ports;
    try {
      await models.prepare(model, { signal: this.#signal, onDownloaded: () => undefined });
    } catch (error) {
      if (this.#signal.aborted) return;
      onFailure(error);
      this.#state.current = withFailure(this.#state.current, model.id, clock.wallMs());
      this.#isDue = true;
      this.#onNews();
    }
  }

  async #drain(): Promise<void> {
    const { models, clock, onFailure } = this.#ports;
    const live = liveIds(this.#state.current).flatMap((id) => this.#arms.modelOf(id) ?? []);
    for (const { model, stage, sinceWallMs } of this.#state.current.models) {
      if (stage !== 'draining') continue;
      const isPatient = clock.wallMs() - sinceWallMs < DRAIN_MS;
      if (this.#traffic.underWay(model) > 0 && isPatient) continue;
      const known = this.#arms.modelOf(model);
      if (known) await models.release(known, live).catch(onFailure);
      this.#advance(model, { kind: 'drained' });
    }
  }

  /** Of these states the first one that a window can be planned of; its rollouts are those from then on. */
  async #planFirst(states: readonly DeploymentState[]): Promise<PlannedWindow | undefined> {
    const tried = [...new Set(states)];
    for (const state of tried) {
      try {
        const planned = await this.#plan(state, this.#expected());
        this.#state.current = { ...this.#state.current, rollouts: state.rollouts };
        return planned;
      } catch (error) {
        this.#ports.onFailure(error);
        const isDear = InfeasibleBudgetError.isInstance(error) && state === this.#state.current;
        if (isDear && endDearRollout(state) !== state) tried.push(endDearRollout(state));
      }
    }
    return undefined;
  }

  #plan(
    state: DeploymentState,
    requests: number,
    how: { readonly among?: readonly string[]; readonly isPaid?: boolean } = {},
  ): Promise<PlannedWindow> {
    const { settings, openWindow, routing, clock } = this.#ports;
    const nowWallMs = clock.wallMs();
    return planNext({
      settings: settings(),
      state,
      arms: this.#arms,
      openWindow,
      routing,
      requests,
      nowWallMs,
      ...how,
    });
  }

  #expected(): number {
    const { asked } = this.tally;
    const passedMs = this.#clock?.passedMs() ?? 0;
    const { windowMs } = this.#ports.settings();
    return expectedRequests({ asked, passedMs, windowMs, before: this.#requests });
  }

  #advance(model: string, event: LifeEvent): void {
    this.#state.current = withEvent(this.#state.current, model, event, this.#ports.clock.wallMs());
    this.#onNews();
  }
}
