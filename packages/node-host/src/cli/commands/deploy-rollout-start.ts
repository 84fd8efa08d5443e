import { InvalidRequestError } from '@terrace/core';
import {
  asConfigured,
  DEFAULT_GUARD,
  DEFAULT_PACE,
  takeWish,
  UnknownDeploymentError,
  type DeploymentSettings,
  type DeploymentWish,
  type Rollout,
} from '@terrace/core/deploy';
import { readDeployment } from '../../deploy/deployment-file.js';
import { deploymentFileOf } from '../../deploy/deployment-path.js';
import { systemClock } from '../../system-clock.js';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';
import { withDeploymentFiles } from './deployment-files.js';

export interface RolloutStartFlags extends GlobalFlags {
  readonly instead?: string;
  readonly unit?: Rollout['unit'];
  readonly margin?: number;
  readonly errorMargin?: number;
  readonly latencyMargin?: string;
  readonly costMargin?: string;
  readonly unlabelled?: boolean;
}

/** `terrace deploy rollout start`: a wish, which the server takes over within seconds, or when it starts. */
export async function rolloutStart(model: string, flags: RolloutStartFlags): Promise<number> {
  const { instead } = flags;
  if (instead === undefined) {
    throw new InvalidRequestError({
      message: '--instead is missing.',
      hint: 'Name the model it is compared with: --instead <model>.',
    });
  }
  const wish = {
    kind: 'roll-out',
    model,
    instead,
    unit: flags.unit ?? 'request',
    guard: {
      ...DEFAULT_GUARD,
      rewardMargin: flags.margin ?? DEFAULT_GUARD.rewardMargin,
      errorMargin: flags.errorMargin ?? DEFAULT_GUARD.errorMargin,
      latencyMargin: marginOf(flags.latencyMargin, DEFAULT_GUARD.latencyMargin),
      costMargin: marginOf(flags.costMargin, DEFAULT_GUARD.costMargin),
    },
    ...(flags.unlabelled && { pace: { ...DEFAULT_PACE, labelled: false } }),
  } as const satisfies DeploymentWish;
  const settings = await readDeployment(deploymentFileOf((await readSettings(flags)).home));
  for (const each of [model, instead]) requireModel(settings, each);
  await withDeploymentFiles(flags, async ({ store }) => {
    const nowWallMs = systemClock.wallMs();
    // What would be refused later is refused here, where somebody is there to hear it.
    takeWish(asConfigured(await store.read(), settings, nowWallMs), wish, nowWallMs);
    await store.wish(wish);
  });
  if (flags.json) printJson({ wish });
  else print(`asked for: ${model} instead of ${instead}; \`terrace deploy rollout status\` shows when it has begun`);
  return EXIT.answered;
}

/** A server need not have seen it yet. @throws UnknownDeploymentError */
function requireModel({ models }: Pick<DeploymentSettings, 'models'>, model: string): void {
  if (models.some(({ id }) => id === model)) return;
  const name = model.slice(0, 64);
  throw new UnknownDeploymentError({
    message: `The deployment has no model "${name}".`,
    hint: `It has ${models.map(({ id }) => id).join(', ') || 'none'}; \`terrace deploy add\` adds one.`,
    facts: { model: name },
  });
}

/** `20%`, `1.5` (150 % more), `any`. */
function marginOf(text: string | undefined, usual: number | undefined): number | undefined {
  if (text === undefined) return usual;
  if (text === 'any') return undefined;
  const [, digits, percent] = /^\s*([0-9]*\.?[0-9]+)\s*(%?)\s*$/.exec(text) ?? [];
  if (digits !== undefined) return Number(digits) / (percent ? 100 : 1);
  throw new InvalidRequestError({
    message: `"${text.slice(0, 40)}" is no margin.`,
    hint: 'Write how much more is no regression, such as 20%, or any.',
  });
}
