import { InvalidRequestError } from '@terrace/core';
import { DEFAULT_GUARD, DEFAULT_PACE, takeWish, type DeploymentWish, type Rollout } from '@terrace/core/deploy';
import { systemClock } from '../../system-clock.js';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { requireDeployment, withDeploymentFiles } from './deployment-files.js';

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
  await withDeploymentFiles(flags, async ({ store }) => {
    const state = await requireDeployment(store, [model, instead]);
    // What would be refused later is refused here, where somebody is there to hear it.
    takeWish(state, wish, systemClock.wallMs());
    await store.wish(wish);
  });
  if (flags.json) printJson({ wish });
  else print(`asked for: ${model} instead of ${instead}; \`terrace deploy rollout status\` shows when it has begun`);
  return EXIT.answered;
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
