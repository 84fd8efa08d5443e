import { LeaseLostError } from '../../errors/lease-lost-error.js';
import { UnknownDeploymentError } from '../../errors/unknown-deployment-error.js';
import type { Deployment, RoutedAnswer } from '../../ports/deployment.js';
import type { Lease } from '../../ports/deployment-store.js';
import type { DeploymentControl, DeploymentStatus } from '../deployment-control.js';
import type { DeploymentState, DeploymentWish, WindowRecord } from '../deployment-state.js';
import { advanceRollout } from '../rollout/advance-rollout.js';
import { Answers } from './answers.js';
import type { Arms } from './arms.js';
import { lifeOf } from './change-state.js';
import type { ControllerPorts, RoutingContext } from './controller-ports.js';
import { underSettings } from './new-state.js';
import { RolloutNews } from './rollout-news.js';
import { settingsId } from './settings-id.js';
import { standingsOf } from './standings.js';
import { takeWish, withRollout } from './take-wish.js';
import { Traffic } from './traffic.js';
import type { WindowTally } from './window-tally.js';
import { Windows, type HeldState } from './windows.js';

/** How often somebody looks for wishes, feedback and rollouts that may go on. */
const LOOK_MS = 5_000;
/** What a controller begins with. */
export interface Begun {
  readonly ports: ControllerPorts;
  readonly lease: Lease;
  readonly state: DeploymentState;
  readonly arms: Arms;
  readonly requests: number;
  readonly tally: WindowTally;
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
  readonly #state: HeldState;
  readonly #windows: Windows;
  /** Wishes whose models were not known when they came. */
  readonly #lookedFor = new WeakSet<DeploymentWish>();
  #written: DeploymentState | undefined;
  #nudge = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor({ ports, lease, state, arms, requests, tally, rewarded, context }: Begun) {
    this.#ports = ports;
    this.#lease = lease;
    this.#state = { current: state };
    this.#arms = arms;
    this.#context = context;
    const { settings, random } = ports;
    const onEnded = (answer: RoutedAnswer): void => this.#ended(answer);
    const onIdle = (model: string): void => {
      if (lifeOf(this.#state.current, model)?.stage === 'draining') this.#wake();
    };
    this.#traffic = new Traffic({ settings, arms, random, context, onEnded, onIdle });
    const onChange = (arm: number): void => this.#windows.changed(arm);
    const stageRoute = () => this.#traffic.inForce?.stageRoute;
    this.#answers = new Answers({ ...ports, arms, context, stageRoute, news: this.#news, onChange });
    this.#answers.remember(rewarded);
    const onNews = (): void => this.#wake();
    const { signal } = this.#over;
    const held = { state: this.#state, arms, traffic: this.#traffic };
    this.#windows = new Windows({ ports, ...held, requests, tally, signal, onNews });
  }

  get deployment(): Deployment {
    return this.#traffic;
  }

  /** The window that was in force goes on where it can; then everything that is due, again and again. */
  async start(): Promise<void> {
    await this.#windows.resume();
    await this.#turn();
    this.#loop = this.#run();
  }

  async status(): Promise<DeploymentStatus> {
    const { routing, store } = this.#ports;
    const { inForce } = this.#traffic;
    const shares = inForce?.record.live ?? {};
    const { asked, spentUsd } = this.#windows.tally;
    return {
      state: this.#state.current,
      models: standingsOf({
        state: this.#state.current,
        arms: this.#arms,
        routing,
        requests: this.#windows.requests,
        shares,
      }),
      spentUsd,
      requests: asked,
      controller: await store.holder(),
    };
  }

  holdsLease(): boolean {
    return !this.#lease.lost.aborted;
  }

  preview(): Promise<WindowRecord> {
    return this.#windows.preview();
  }

  async wish(wish: DeploymentWish): Promise<void> {
    await this.#ports.store.wish(wish);
    this.#wake();
  }

  async close(): Promise<void> {
    this.#over.abort();
    this.#wake();
    this.#windows.cancel();
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
      // One that is over waits for models that start, or to be planned again: somebody says so, or time passes.
      const leftMs = this.#windows.leftMs || LOOK_MS;
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
    this.#windows.cancel();
    this.#over.abort();
  }

  async #turn(): Promise<void> {
    // First the models that a wish may name.
    this.#followSettings();
    await this.#takeWishes();
    await this.#answers.lookAtFeedback();
    this.#advanceRollouts();
    await this.#windows.turn();
    await this.#save();
  }

  async #takeWishes(): Promise<void> {
    const { store, clock, onFailure } = this.#ports;
    const before = this.#state.current;
    const taken = await store.takeWishes(this.#lease, (wishes) => ({
      ...before,
      wishes: [...before.wishes, ...wishes],
    }));
    // Models may have gone on meanwhile.
    if (taken) this.#state.current = { ...this.#state.current, wishes: taken.wishes };
    const later: DeploymentWish[] = [];
    for (const wish of this.#state.current.wishes) {
      try {
        this.#state.current = takeWish(this.#state.current, wish, clock.wallMs());
        this.#windows.beDue();
      } catch (error) {
        if (this.#mayBeSeenSoon(wish, error)) later.push(wish);
        else onFailure(error);
      }
    }
    if (this.#state.current.wishes.length > 0) this.#state.current = { ...this.#state.current, wishes: later };
  }

  /** Settings are seen some time after they change: a model that nobody knows is looked for once more. */
  #mayBeSeenSoon(wish: DeploymentWish, error: unknown): boolean {
    if (wish.kind !== 'roll-out' || !UnknownDeploymentError.isInstance(error) || this.#lookedFor.has(wish))
      return false;
    this.#lookedFor.add(wish);
    return true;
  }

  #followSettings(): void {
    const { settings, clock } = this.#ports;
    if (settingsId(settings()) === this.#state.current.settingsId) return;
    this.#arms.update(settings().models);
    this.#state.current = underSettings(this.#state.current, settings(), clock.wallMs());
    this.#windows.beDue();
  }

  #advanceRollouts(): void {
    const nowWallMs = this.#ports.clock.wallMs();
    const before = this.#state.current.rollouts;
    for (const [i, rollout] of this.#news.addTo(before).entries()) {
      const after = advanceRollout(rollout, nowWallMs);
      if (after.step !== rollout.step || after.state !== rollout.state) this.#windows.beDue();
      if (after !== before[i]) this.#state.current = withRollout(this.#state.current, after);
    }
    this.#news.watch(this.#state.current.rollouts);
  }

  #ended(answer: RoutedAnswer): void {
    this.#answers.take(answer);
    const { inForce } = this.#traffic;
    if (inForce && inForce.stageRoute.asked >= this.#windows.requests) this.#wake();
  }

  async #save(): Promise<void> {
    if (this.#state.current === this.#written) return;
    const state = this.#state.current;
    await this.#ports.store.write(state, this.#lease);
    this.#written = state;
  }

  #wake(): void {
    this.#nudge.abort();
  }
}
