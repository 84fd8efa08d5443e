import { onTestFinished } from 'vitest';
import type { ControllerPorts } from '../deploy/controller/controller-ports.js';
import { createController } from '../deploy/controller/create-controller.js';
import { createStageRoute, DEFAULT_STAGE_ROUTE } from '../deploy/create-stage-route.js';
import type { DeployedModel, DeploymentSettings } from '../deploy/deployed-model.js';
import type { DeploymentControl } from '../deploy/deployment-control.js';
import type { OutcomeRecord } from '../ports/ledger.js';
import { exhaustiveSolver } from './exhaustive-solver.js';
import { createFakeClock } from './fake-clock.js';
import { outcomeEntry } from './ledger-contract.js';
import { createMemoryDeploymentStore, newDeploymentMemory } from './memory-deployment-store.js';
import { createMemoryLedger } from './memory-ledger.js';
import { seededRandom } from './seeded-random.js';

export const DAY_MS = 86_400_000;

export const ladder = (id: string, tiers: readonly string[], changes: Partial<DeployedModel> = {}): DeployedModel => ({
  id,
  path: { kind: 'ladder', tiers },
  carries: 1,
  expectedCostUsd: 0.0001,
  fixedCost: { onceUsd: 0, eachWindowUsd: 0 },
  ...changes,
});
export const light = ladder('light', ['nano', 'small']);
export const heavy = ladder('heavy', ['nano', 'base'], { expectedCostUsd: 0.0002 });
const cloud: DeployedModel = { ...ladder('cloud', []), path: { kind: 'tier', tier: 'cloud' }, expectedCostUsd: 0.001 };

const baseSettings: DeploymentSettings = {
  format: 1,
  models: [light, heavy, cloud],
  maxLive: 3,
  windowMs: DAY_MS,
  budgetUsd: 0.0005,
  auditShare: 0.2,
  auditor: 'truth',
  feedback: 'drift',
  rates: { usdPerKilowattHour: 0, usdPerBusyHour: 0 },
  canary: false,
};

export const turn = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

/**
 * A deployment in a world in which each model is right so often and costs so much. Its controllers are closed when the
 * test is over.
 */
export function deploymentWorld(changes: Partial<DeploymentSettings> = {}, ports: Partial<ControllerPorts> = {}) {
  const clock = createFakeClock();
  const memory = newDeploymentMemory();
  const ledger = createMemoryLedger();
  const random = seededRandom(3);
  const failures: unknown[] = [];
  const prepared: string[] = [];
  const released: string[] = [];
  const breaks = new Set<string>();
  let settings = { ...baseSettings, ...changes };
  let gate: Promise<void> | undefined;
  const truth: Record<string, { readonly right: number; readonly costUsd: number }> = {
    light: { right: 0.7, costUsd: 0.0001 },
    heavy: { right: 0.8, costUsd: 0.0002 },
    cloud: { right: 0.95, costUsd: 0.001 },
  };
  const common = {
    settings: () => settings,
    ledger,
    openWindow: (of, statistics) => createStageRoute(of, { solver: exhaustiveSolver, statistics }),
    routing: DEFAULT_STAGE_ROUTE,
    models: {
      async prepare({ id }, { onDownloaded }) {
        await gate;
        onDownloaded();
        if (breaks.has(id)) throw new Error(`${id} does not start`);
        prepared.push(id);
      },
      release: async ({ id }) => void released.push(id),
    },
    auditor: async ({ text }) => ({ label: text, costUsd: 0, runMs: 0 }),
    owner: 'one',
    random,
    onFailure: (error) => void failures.push(error),
    ...ports,
  } satisfies Omit<ControllerPorts, 'store' | 'clock'>;
  const opened: DeploymentControl[] = [];
  onTestFinished(async () => {
    for (const each of opened) await each.close();
  });
  let number = 0;
  let lastId = '';
  type Opened = Awaited<ReturnType<typeof createController>>;
  return {
    clock,
    memory,
    ledger,
    failures,
    prepared,
    released,
    breaks,
    truth,
    hold: (until: Promise<void>) => void (gate = until),
    set: (next: Partial<DeploymentSettings>) => void (settings = { ...settings, ...next }),
    async open(own: Partial<ControllerPorts> = {}): Promise<Opened> {
      const store = createMemoryDeploymentStore({ clock: own.clock ?? clock, memory });
      const control = await createController({ ...common, store, clock, ...own });
      opened.push(control);
      return control;
    },
    /** Time passes, in steps. */
    async pass(ms: number, step = 5_000) {
      for (let left = ms; left > 0; left -= step) {
        clock.advance(Math.min(step, left));
        for (let i = 0; i < 4; i++) await turn();
      }
    },
    /** Somebody says so of the latest request. */
    async say(right: boolean) {
      const record = { requestId: lastId, right, correction: undefined, comment: undefined, atWallMs: clock.wallMs() };
      await ledger.append([{ kind: 'feedback', record }]);
    },
    /** A request, from its route to its outcome in the ledger. */
    async ask(
      { deployment }: Opened,
      { key, residency = 'cloud' }: { key?: string; residency?: 'device' | 'cloud' } = {},
    ): Promise<string | undefined> {
      const requestId = `r${++number}`;
      const ask = {
        requestId,
        text: 'right',
        task: 'text-classification',
        domain: 'bank',
        subDomain: undefined,
        key,
        residency,
      } as const;
      const route = await deployment.route(ask);
      if (!route) return undefined;
      const { right, costUsd } = truth[route.model]!;
      const { tiers = [route.model] } = route.path as { tiers?: readonly string[] };
      const decision = {
        stage: 'route',
        window: route.window,
        path: '',
        chosen: route.model,
        alternatives: route.shares,
        confidence: undefined,
      } as const;
      const { record } = outcomeEntry({
        requestId,
        path: tiers.join('+'),
        costUsd,
        energyJoules: 0,
        degraded: false,
        atWallMs: clock.wallMs(),
        decisions: [decision],
      });
      await ledger.append([{ kind: 'outcome', record: record as OutcomeRecord }]);
      lastId = requestId;
      deployment.ended({ ask, route, outcome: record as OutcomeRecord, label: random() < right ? 'right' : 'wrong' });
      return route.model;
    },
  };
}

/** By model. */
export const stages = async (control: DeploymentControl): Promise<Record<string, string>> =>
  Object.fromEntries((await control.status()).state.models.map(({ model, stage }) => [model, stage]));
