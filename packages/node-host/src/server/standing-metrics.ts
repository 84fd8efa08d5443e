import type { BudgetStanding } from '@terrace/core/budget';
import type { DeploymentControl, DeploymentStatus } from '@terrace/core/deploy';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { NodeBudget } from '../budget/open-node-budget.js';

/** How budgets and the deployment stand; absent where there are none. */
export interface Standings {
  readonly budgets?: Pick<NodeBudget, 'standings' | 'forecasts' | 'alertsOf'> | undefined;
  readonly deployment?: Pick<DeploymentControl, 'status' | 'holdsLease'> | undefined;
}

/** Whoever asks more often is told what was known. */
const FRESH_MS = 5000;
/** Names come from files of the operator, of which there may be any number. */
const MOST_NAMES = 200;

type Row = readonly [labels: Readonly<Record<string, string>>, value: number | undefined];

/** Adds gauges that are read when somebody asks for the metrics. What cannot be read now says nothing. */
export function addStandingMetrics(registry: Registry, { budgets, deployment }: Standings, nowMs: () => number): void {
  const gauge = (name: string, help: string, labelNames: readonly string[], rows: () => Promise<readonly Row[]>) => {
    const each: Gauge = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      async collect() {
        const found = await rows().catch((): readonly Row[] => []);
        each.reset();
        for (const [labels, value] of found.slice(0, MOST_NAMES)) if (value !== undefined) each.set(labels, value);
      },
    });
  };
  if (budgets) {
    const read = kept(() => budgets.standings(), nowMs);
    const ofBudget = (name: string, help: string, value: (standing: BudgetStanding) => number): void =>
      gauge(`terrace_budget_${name}`, help, ['budget', 'unit'], async () =>
        (await read()).map((each) => [{ budget: each.id, unit: each.limit.unit }, value(each)] as const),
      );
    ofBudget('limit', 'Most that the period may take.', ({ limit }) => limit.limit);
    ofBudget('spent', 'Settled in this period.', ({ spent }) => spent);
    ofBudget('reserved', 'Held by calls that are not settled.', ({ reserved }) => reserved);
    ofBudget('left', 'What is left of the period.', ({ left }) => left);
    const alerts: Counter = new Counter({
      name: 'terrace_budget_alerts_total',
      help: 'How often somebody was told of a budget.',
      labelNames: ['budget'],
      registers: [registry],
      async collect() {
        const found = await read().catch(() => []);
        alerts.reset();
        for (const { id } of found.slice(0, MOST_NAMES)) alerts.inc({ budget: id }, budgets.alertsOf(id));
      },
    });
  }
  if (!deployment) return;
  const read = kept(() => deployment.status(), nowMs);
  gauge(
    'terrace_controller_lease',
    'Whether this server has the deployment: 0 once another took it over.',
    [],
    async () => [[{}, Number(deployment.holdsLease())]],
  );
  const ofModel = (
    name: string,
    help: string,
    value: (model: DeploymentStatus['models'][number]) => number | undefined,
  ) =>
    gauge(name, help, ['model'], async () => (await read()).models.map((each) => [{ model: each.model }, value(each)]));
  ofModel('terrace_window_share', 'Share of the requests that a model is planned for.', ({ share }) => share);
  ofModel('terrace_model_requests', 'Requests that a model has answered.', ({ requests }) => requests);
  ofModel('terrace_model_reward_mean', 'What answers of a model are worth.', ({ meanReward }) => meanReward);
  ofModel('terrace_model_cost_usd_mean', 'What a request to a model costs.', ({ meanCostUsd }) => meanCostUsd);
  gauge('terrace_model_life', 'Where a model stands.', ['model', 'stage'], async () =>
    (await read()).models.map(({ model, stage }) => [{ model, stage }, 1] as const),
  );
  gauge('terrace_window_info', 'The window in force.', ['window'], async () => {
    const { window } = (await read()).state;
    return window ? [[{ window: window.id }, 1]] : [];
  });
  gauge('terrace_rollout_step', 'Which of its shares a rollout has reached, from 0.', ['rollout'], async () =>
    (await read()).state.rollouts.map(({ id, step }) => [{ rollout: id }, step] as const),
  );
  gauge('terrace_rollout_rollbacks', 'Rollouts that were taken back, by what for.', ['metric'], async () => {
    const counts = new Map<string, number>();
    for (const { state } of (await read()).state.rollouts)
      if (state.kind === 'rolled-back') counts.set(state.by, (counts.get(state.by) ?? 0) + 1);
    return [...counts].map(([metric, count]) => [{ metric }, count] as const);
  });
}

/** One look serves all gauges of a scrape, and those of the next seconds; one that failed is not kept. */
function kept<T>(look: () => Promise<T>, nowMs: () => number): () => Promise<T> {
  let latest: { readonly found: Promise<T>; readonly atMs: number } | undefined;
  return () => {
    if (latest && nowMs() - latest.atMs < FRESH_MS) return latest.found;
    const found = look();
    latest = { found, atMs: nowMs() };
    found.catch(() => (latest = undefined));
    return found;
  };
}
