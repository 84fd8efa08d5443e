import { isUnderWay, UnknownDeploymentError, type Rollout } from '@terrace/core/deploy';
import { systemClock } from '../../system-clock.js';
import { describeRollouts, rolloutJson } from '../describe-rollouts.js';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { withDeploymentFiles } from './deployment-files.js';

const ASKED = { pause: 'to be paused', resume: 'to go on', 'roll-back': 'to be taken back' } as const;

/** `terrace deploy rollout pause|resume|back ID`: a wish, as starting one is. */
export async function steerRollout(kind: keyof typeof ASKED, asked: string, flags: GlobalFlags): Promise<number> {
  const rollout = await withDeploymentFiles(flags, async ({ store }) => {
    const found = findRollout((await store.read())?.rollouts ?? [], asked);
    await store.wish({ kind, rollout: found.id });
    return found.id;
  });
  if (flags.json) printJson({ wish: { kind, rollout } });
  else print(`asked for ${rollout} ${ASKED[kind]}`);
  return EXIT.answered;
}

/** `terrace deploy rollout status`: those under way and those that were. */
export async function rolloutStatus(flags: GlobalFlags): Promise<number> {
  const rollouts = await withDeploymentFiles(flags, async ({ store }) => (await store.read())?.rollouts ?? []);
  const nowWallMs = systemClock.wallMs();
  if (flags.json) printJson({ rollouts: rollouts.map((rollout) => rolloutJson(rollout, nowWallMs)) });
  else print(describeRollouts(rollouts, nowWallMs));
  return EXIT.answered;
}

/** By its id, or by the model it rolls out. @throws UnknownDeploymentError when none of them is under way */
function findRollout(rollouts: readonly Rollout[], asked: string): Rollout {
  const underWay = rollouts.filter(isUnderWay);
  const found = underWay.find(({ id, model }) => id === asked || model === asked);
  if (found) return found;
  throw new UnknownDeploymentError({
    message: `No rollout "${asked.slice(0, 64)}" is under way.`,
    hint:
      underWay.length > 0
        ? `There is ${underWay.map(({ id }) => id).join(', ')}.`
        : 'Begin one: `terrace deploy rollout start`; it takes some seconds until a server has it.',
    facts: { rollout: asked.slice(0, 64) },
  });
}
