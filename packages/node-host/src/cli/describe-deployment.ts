import {
  hasRewards,
  isUnderWay,
  type DeployedPath,
  type DeploymentSettings,
  type DeploymentStatus,
  type ModelStanding,
  type WindowRecord,
} from '@terrace/core/deploy';
import { percent, table } from './output.js';

/** What is configured, in lines. */
export function describeSettings(settings: DeploymentSettings): string {
  const { models, maxLive, windowMs, budgetUsd, domain, auditShare, auditor, canary, context } = settings;
  const head = [
    `at most ${maxLive} live, ${hours(windowMs)} a window, ${usd(budgetUsd)} a request`,
    domain === undefined ? 'all requests' : `requests of ${domain}`,
    ...(auditShare > 0 ? [`${percent(auditShare)} of answers audited by ${auditor}`] : []),
    `new models by a ${canary ? 'canary' : 'trial'}`,
    ...(context === undefined ? [] : [`requests told apart by ${context}`]),
  ].join('; ');
  const rows = models.map(({ id, path, carries }) => [id, describePath(path), `carries ${percent(carries)}`]);
  return [head, rows.length === 0 ? 'no models yet: `terrace deploy add`' : table(rows)].join('\n');
}

/** How it stands, in lines. */
export function describeDeployment({
  settings,
  status,
  nowWallMs,
}: {
  readonly settings: DeploymentSettings;
  readonly status: DeploymentStatus;
  readonly nowWallMs: number;
}): string {
  const { state, models, controller } = status;
  const { window, pilot, rollouts } = state;
  const running = rollouts.filter(isUnderWay);
  return [
    controller === undefined ? 'no server keeps it: `terrace serve` does' : `kept by ${controller}`,
    window === undefined
      ? 'no window yet'
      : `window ${window.id}, ${describeLeft(window.toWallMs - nowWallMs)}; ${expectations(window)}`,
    ...(hasRewards(settings)
      ? []
      : ['nobody says what answers are worth (--audit, --feedback all): models are told apart by their costs alone']),
    ...(models.length === 0
      ? ['no models']
      : [table([HEAD, ...models.map((model) => rowOf(model, status, settings))])]),
    ...running.map(({ id }) => `rollout ${id}: \`terrace deploy rollout status\` says more`),
    ...(pilot ? [`pilot ${pilot.name}: \`terrace pilot status\` says more`] : []),
  ].join('\n');
}

/** A window that would be, in lines. */
export function describeWindow(window: WindowRecord): string {
  const live = Object.entries(window.live).map(([model, share]) => [model, percent(share)]);
  return [`the next window would have, ${expectations(window)}:`, table(live)].join('\n');
}

const HEAD = ['model', 'stage', 'share', 'requests', 'right', 'at most', 'cost', 'at least'];

function rowOf(standing: ModelStanding, { state }: DeploymentStatus, settings: DeploymentSettings): string[] {
  const isKnown = hasRewards(settings);
  const { model, stage, requests, meanReward, rewardUpper, meanCostUsd, costLowerUsd, share } = standing;
  const reason = state.models.find((life) => life.model === model)?.reason;
  return [
    model,
    reason === undefined ? stage : `${stage} (${reason})`,
    share > 0 ? percent(share) : '-',
    String(Math.round(requests)),
    meanReward === undefined || !isKnown ? '-' : percent(meanReward),
    isKnown ? percent(rewardUpper) : '-',
    meanCostUsd === undefined ? '-' : usd(meanCostUsd),
    usd(costLowerUsd),
  ];
}

const describePath = (path: DeployedPath): string => {
  if (path.kind === 'tier') return path.tier;
  const { tiers, minConfidence, maxRisk } = path;
  const thresholds = [
    ...(minConfidence === undefined ? [] : [`at least ${percent(minConfidence)} sure`]),
    ...(maxRisk === undefined ? [] : [`at most ${percent(maxRisk)} wrong`]),
  ];
  return [tiers.join(' > '), ...thresholds].join(', ');
};

/** What a window promises. */
export const expectations = ({ expectedReward, expectedCostUsd, budgetUsd }: WindowRecord): string =>
  `${percent(expectedReward)} right at best, for ${usd(expectedCostUsd)} of ${usd(budgetUsd)} a request`;

const describeLeft = (leftMs: number): string => (leftMs > 0 ? `${hours(leftMs)} left` : 'over');

const hours = (ms: number): string => {
  const all = ms / 3_600_000;
  return all >= 48 ? `${(all / 24).toFixed(1)} d` : all >= 1 ? `${all.toFixed(1)} h` : `${Math.round(all * 60)} min`;
};

const usd = (amount: number): string => `$${amount === 0 ? '0' : amount.toPrecision(3)}`;
