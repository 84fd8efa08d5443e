import { LeaseLostError } from '../../errors/lease-lost-error.js';
import type { Deployment, RoutedAnswer } from '../../ports/deployment.js';
import type { Lease } from '../../ports/deployment-store.js';
import type { DeployedModel } from '../deployed-model.js';
import type { DeploymentControl, DeploymentStatus } from '../deployment-control.js';
import type { DeploymentState, DeploymentWish, WindowRecord } from '../deployment-state.js';
import type { LifeEvent } from '../lifecycle/model-life.js';
import { hasRewards } from '../rewards/rewards-of.js';
import { advanceRollout } from '../rollout/advance-rollout.js';
import { Answers } from './answers.js';
import type { Arms } from './arms.js';
import { availableModels } from './availability.js';
import { BringUp } from './bring-up.js';
import {
  isReady,
  lifeOf,
  liveIds,
  ringsOf,
  withEvent,
  withFailure,
  withoutStarts,
  withWindow,
} from './change-state.js';
import type { ControllerPorts, RoutingContext } from './controller-ports.js';
import { enterByCanary } from './enter-by-canary.js';
import { expectedRequests } from './expected-requests.js';
import { underSettings } from './new-state.js';
import { planNext, type PlannedWindow } from './plan-next.js';
import { RolloutNews } from './rollout-news.js';
import { settingsId } from './settings-id.js';
import { standingsOf } from './standings.js';
import { takeWish, withRollout } from './take-wish.js';
import { Traffic } from './traffic.js';
import { WindowClock } from './window-clock.js';

/** How often somebody looks for wishes, feedback and rollouts that may go on. */
const LOOK_MS = 5_000;
/** A window that could not be planned is planned again after so long. */
const AGAIN_MS = 600_000;
/** A model is let go after so long, whatever is said of requests under way: one may have ended without a word. */
const DRAIN_MS = 600_000;

/** What a controller begins with. */
export interface Begun {
  readonly ports: ControllerPorts;
  readonly lease: Lease;
  readonly state: DeploymentState;
  readonly arms: Arms;
  readonly requests: number;
  readonly rewarded: readonly string[];
  readonly context: RoutingContext | undefined;
}

/** Keeps the models of a deployment as its windows and rollouts want them, one step at a time. */
export class Controller implements DeploymentControl {
  readonly #ports: ControllerPorts;
  readonly #lease: Lease;
  readonly #arms: Arms;
  readonly #context: RoutingContext | undefined;
  readonly #traffic: Traffic;
  readonly #answers: Answers;
  readonly #news = new RolloutNews();
  readonly #over = new AbortController();
  #state: DeploymentState;
  #written: DeploymentState | undefined;
  /** That the window under way is expected to have. */
  #requests: number;
  #clock: WindowClock | undefined;
  #bringUp: BringUp | undefined;
  #isDue = false;
  #notBeforeMs = -Infinity;
  #nudge = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor({ ports, lease, state, arms, requests, rewarded, context }: Begun) {
    this.#ports = ports;
    this.#lease = lease;
    this.#state = state;
    this.#arms = arms;
    this.#requests = requests;
    this.#context = context;
    const { settings, random } = ports;
    const onEnded = (answer: RoutedAnswer): void => this.#ended(answer);
    const onIdle = (model: string): void => {
      if (lifeOf(this.#state, model)?.stage === 'draining') this.#wake();
    };
    this.#traffic = new Traffic({ settings, arms, random, context, onEnded, onIdle });
    const stageRoute = () => this.#traffic.inForce?.stageRoute;
    this.#answers = new Answers({ ...ports, arms, context, stageRoute, news: this.#news });
    this.#answers.remember(rewarded);
  }

  get deployment(): Deployment {
    return this.#traffic;
  }

  /** The window that was in force goes on where it can; then everything that is due, again and again. */
  async start(): Promise<void> {
    await this.#resume();
    await this.#turn();
    this.#loop = this.#run();
  }

  async status(): Promise<DeploymentStatus> {
    const { routing, store } = this.#ports;
    const { inForce } = this.#traffic;
    const shares = inForce?.record.live ?? {};
    return {
      state: this.#state,
      models: standingsOf({ state: this.#state, arms: this.#arms, routing, requests: this.#requests, shares }),
      spentUsd: inForce?.stageRoute.spent ?? 0,
      requests: inForce?.stageRoute.asked ?? 0,
      controller: await store.holder(),
    };
  }

  async preview(): Promise<WindowRecord> {
    return (await this.#plan(this.#state, this.#expected())).record;
  }

  async wish(wish: DeploymentWish): Promise<void> {
    await this.#ports.store.wish(wish);
    this.#wake();
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#wake();
    this.#bringUp?.cancel();
    await this.#loop;
    await this.#answers.settled();
    await this.#context?.close();
    if (!this.#lease.lost.aborted) await this.#save().catch(this.#ports.onFailure);
    this.#traffic.use(undefined, []);
    await this.#lease.release();
  }

  async #run(): Promise<void> {
    const { clock, onFailure } = this.#ports;
    const { lost } = this.#lease;
    lost.addEventListener('abort', () => this.#wake(), { once: true });
    while (!this.#over.signal.aborted) {
      const leftMs = this.#clock?.leftMs() ?? LOOK_MS;
      await clock.sleep(Math.min(LOOK_MS, Math.max(1, leftMs)), this.#nudge.signal);
      this.#nudge = new AbortController();
      if (this.#over.signal.aborted) return;
      try {
        if (lost.aborted) throw lost.reason;
        await this.#turn();
      } catch (error) {
        onFailure(error);
        if (LeaseLostError.isInstance(error)) return this.#stop();
      }
    }
  }

  /** Another one decides from now on: what this one thinks of does nothing any more. */
  #stop(): void {
    this.#traffic.use(undefined, []);
    this.#bringUp?.cancel();
    this.#over.abort();
  }

  async #turn(): Promise<void> {
    await this.#takeWishes();
    this.#followSettings();
    await this.#answers.lookAtFeedback();
    this.#advanceRollouts();
    await this.#drain();
    if (this.#bringUp?.isDone) await this.#useStarted(this.#bringUp);
    if (this.#mayPlan()) await this.#begin();
    else await this.#renew();
    await this.#save();
  }

  async #takeWishes(): Promise<void> {
    const { store, settings, clock, onFailure } = this.#ports;
    const before = this.#state;
    const taken = await store.takeWishes(this.#lease, (wishes) => ({
      ...before,
      wishes: [...before.wishes, ...wishes],
    }));
    // Models may have gone on meanwhile.
    if (taken) this.#state = { ...this.#state, wishes: taken.wishes };
    const [nowWallMs, labelled] = [clock.wallMs(), hasRewards(settings())];
    for (const wish of this.#state.wishes) {
      try {
        this.#state = takeWish(this.#state, wish, { nowWallMs, labelled });
        this.#isDue = true;
      } catch (error) {
        onFailure(error);
      }
    }
    if (this.#state.wishes.length > 0) this.#state = { ...this.#state, wishes: [] };
  }

  #followSettings(): void {
    const { settings, clock } = this.#ports;
    if (settingsId(settings()) === this.#state.settingsId) return;
    this.#arms.update(settings().models);
    this.#state = underSettings(this.#state, settings(), clock.wallMs());
    this.#isDue = true;
  }

  #advanceRollouts(): void {
    const nowWallMs = this.#ports.clock.wallMs();
    const before = this.#state.rollouts;
    for (const [i, rollout] of this.#news.addTo(before).entries()) {
      const after = advanceRollout(rollout, nowWallMs);
      if (after.step !== rollout.step || after.state !== rollout.state) this.#isDue = true;
      if (after !== before[i]) this.#state = withRollout(this.#state, after);
    }
    this.#news.watch(this.#state.rollouts);
  }

  #mayPlan(): boolean {
    const { clock } = this.#ports;
    if (!this.#isDue && (this.#clock?.leftMs() ?? 0) > 0) return false;
    return this.#isDue || (this.#bringUp === undefined && clock.nowMs() >= this.#notBeforeMs);
  }

  /** Plans a window and brings its models up; while that goes on the one before answers. */
  async #begin(): Promise<void> {
    const { clock, settings, models, onFailure } = this.#ports;
    this.#isDue = false;
    this.#bringUp?.cancel();
    this.#bringUp = undefined;
    this.#state = withoutStarts(this.#state);
    const planned = await this.#planFirst([enterByCanary(this.#state, settings(), clock.wallMs()), this.#state]);
    // What was in force stays in force.
    if (!planned) return void (this.#notBeforeMs = clock.nowMs() + AGAIN_MS);
    const missing = planned.live.filter(({ id }) => !isReady(this.#state, id));
    if (missing.length === 0) return this.#use(planned);
    const onEvent = (model: string, event: LifeEvent): void => this.#advance(model, event);
    this.#bringUp = new BringUp({ planned, missing, models, onEvent, onFailure, onDone: () => this.#wake() });
  }

  async #useStarted({ failed, planned }: BringUp): Promise<void> {
    this.#bringUp = undefined;
    if (failed.length > 0) this.#isDue = true;
    else await this.#use(planned);
  }

  /** In one assignment; only then those that are not in it begin to drain. */
  async #use({ record, live, stageRoute, fixedUsd }: PlannedWindow): Promise<void> {
    const { clock } = this.#ports;
    this.#requests = this.#expected();
    this.#state = withWindow(this.#state, { record, live, atWallMs: clock.wallMs() });
    stageRoute.spend(fixedUsd);
    this.#clock = new WindowClock(record, clock);
    this.#traffic.use({ record, stageRoute }, ringsOf(this.#state));
    await this.#save();
  }

  /** The window goes on with the budget of as many requests again: more have come than were expected. */
  async #renew(): Promise<void> {
    const { inForce } = this.#traffic;
    if (!inForce || inForce.stageRoute.asked < this.#requests) return;
    const { record } = inForce;
    const requests = this.#expected();
    const among = Object.keys(record.live);
    const { stageRoute } = await this.#plan(this.#state, requests, { among, isPaid: true });
    this.#requests = requests;
    this.#traffic.use({ record, stageRoute }, ringsOf(this.#state));
  }

  async #resume(): Promise<void> {
    const { clock, settings, onFailure } = this.#ports;
    const { window } = this.#state;
    if (!window || clock.wallMs() >= window.toWallMs) return;
    const among = Object.keys(window.live);
    const left = new Set(availableModels(settings(), this.#state, clock.wallMs()).map(({ id }) => id));
    if (!among.every((id) => left.has(id))) return;
    try {
      const { stageRoute, live } = await this.#plan(this.#state, this.#requests, { among, isPaid: true });
      this.#traffic.use({ record: window, stageRoute }, ringsOf(this.#state));
      this.#clock = new WindowClock(window, clock);
      for (const model of live) void this.#warm(model);
    } catch (error) {
      onFailure(error);
    }
  }

  /** The process before had it loaded; whether it loads here shows only now. */
  async #warm(model: DeployedModel): Promise<void> {
    const { models, clock, onFailure } = this.#ports;
    const { signal } = this.#over;
    try {
      await models.prepare(model, { signal, onDownloaded: () => undefined });
    } catch (error) {
      if (signal.aborted) return;
      onFailure(error);
      this.#state = withFailure(this.#state, model.id, clock.wallMs());
      this.#isDue = true;
      this.#wake();
    }
  }

  async #drain(): Promise<void> {
    const { models, clock, onFailure } = this.#ports;
    const live = liveIds(this.#state).flatMap((id) => this.#arms.modelOf(id) ?? []);
    for (const { model, stage, sinceWallMs } of this.#state.models) {
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
    for (const state of new Set(states)) {
      try {
        const planned = await this.#plan(state, this.#expected());
        this.#state = { ...this.#state, rollouts: state.rollouts };
        return planned;
      } catch (error) {
        this.#ports.onFailure(error);
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
    const asked = this.#traffic.inForce?.stageRoute.asked ?? 0;
    const passedMs = this.#clock?.passedMs() ?? 0;
    const { windowMs } = this.#ports.settings();
    return expectedRequests({ asked, passedMs, windowMs, before: this.#requests });
  }

  #ended(answer: RoutedAnswer): void {
    this.#answers.take(answer);
    const { inForce } = this.#traffic;
    if (inForce && inForce.stageRoute.asked >= this.#requests) this.#wake();
  }

  #advance(model: string, event: LifeEvent): void {
    this.#state = withEvent(this.#state, model, event, this.#ports.clock.wallMs());
    this.#wake();
  }

  async #save(): Promise<void> {
    if (this.#state === this.#written) return;
    const state = this.#state;
    await this.#ports.store.write(state, this.#lease);
    this.#written = state;
  }

  #wake(): void {
    this.#nudge.abort();
  }
}
