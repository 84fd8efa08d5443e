import { InvalidDataError, InvalidRequestError } from '@terrace/core';
import { pathTiers, UnknownDeploymentError, type DeployedPath, type DeploymentWish } from '@terrace/core/deploy';
import { tiersFor } from '../../deploy/check-deployment.js';
import { changeDeployment, readDeployment } from '../../deploy/deployment-file.js';
import { deploymentFileOf } from '../../deploy/deployment-path.js';
import { describeSettings } from '../describe-deployment.js';
import { EXIT } from '../exit-code.js';
import { print, printJson } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';
import { withDeploymentFiles } from './deployment-files.js';
import { openCatalog } from './models-catalog.js';

export interface DeployAddFlags extends GlobalFlags {
  readonly tier?: string;
  readonly ladder?: readonly string[];
  readonly minConfidence?: number;
  readonly maxRisk?: number;
  readonly carries?: number;
  readonly expectedCost?: number;
  readonly onceCost?: number;
  readonly windowCost?: number;
}

/** `terrace deploy add ID`: a server takes it into the next window, which begins within seconds. */
export async function deployAdd(id: string, flags: DeployAddFlags): Promise<number> {
  const path = pathOf(flags);
  const file = deploymentFileOf((await readSettings(flags)).home);
  const { domain } = await readDeployment(file);
  const { folders } = await openCatalog(flags);
  const known = [...new Set(tiersFor({ domain }, folders.current()).map((tier) => tier.id))];
  const unknown = pathTiers(path).find((tier) => !known.includes(tier));
  if (unknown !== undefined) {
    throw new InvalidDataError({
      message: `There is no tier "${unknown.slice(0, 64)}"${domain === undefined ? '' : ` for the domain ${domain}`}.`,
      hint: `Tiers: ${known.join(', ') || 'none'}.`,
    });
  }
  const { carries, expectedCost: expectedCostUsd, onceCost: onceUsd = 0, windowCost: eachWindowUsd = 0 } = flags;
  const model = {
    id,
    path,
    ...(carries !== undefined && { carries }),
    ...(expectedCostUsd !== undefined && { expectedCostUsd }),
    fixedCost: { onceUsd, eachWindowUsd },
  };
  const settings = await changeDeployment(file, (before) => {
    const other = before?.models.find((each) => each.id === id);
    if (other && JSON.stringify(other.path) !== JSON.stringify(path)) throw taken(id);
    return { ...before, models: [...(before?.models ?? []).filter((each) => each.id !== id), model] };
  });
  if (flags.json) printJson(settings);
  else print(describeSettings(settings));
  return EXIT.answered;
}

/** `terrace deploy remove ID`. */
export async function deployRemove(id: string, flags: GlobalFlags): Promise<number> {
  const file = deploymentFileOf((await readSettings(flags)).home);
  const settings = await changeDeployment(file, (before) => {
    const left = before?.models.filter((each) => each.id !== id) ?? [];
    if (before && left.length < before.models.length) return { ...before, models: left };
    throw new UnknownDeploymentError({
      message: `The deployment has no model "${id.slice(0, 64)}".`,
      hint: left.length > 0 ? `It has ${left.map((each) => each.id).join(', ')}.` : 'It has none.',
      facts: { model: id.slice(0, 64) },
    });
  });
  if (flags.json) printJson(settings);
  else print(describeSettings(settings));
  return EXIT.answered;
}

/** `terrace deploy next`: a wish, which the server grants within seconds, or when it starts. */
export async function deployNext(flags: GlobalFlags): Promise<number> {
  await readDeployment(deploymentFileOf((await readSettings(flags)).home));
  const wish: DeploymentWish = { kind: 'next-window' };
  await withDeploymentFiles(flags, ({ store }) => store.wish(wish));
  if (flags.json) printJson({ wish });
  else print('asked for the next window; `terrace deploy status` shows when it has begun');
  return EXIT.answered;
}

function pathOf({ tier, ladder, minConfidence, maxRisk }: DeployAddFlags): DeployedPath {
  if (tier !== undefined && ladder === undefined && minConfidence === undefined && maxRisk === undefined)
    return { kind: 'tier', tier };
  if (ladder !== undefined && tier === undefined) {
    return {
      kind: 'ladder',
      tiers: ladder,
      ...(minConfidence !== undefined && { minConfidence }),
      ...(maxRisk !== undefined && { maxRisk }),
    };
  }
  throw new InvalidRequestError({
    message: 'A model is either one tier or a ladder of them; only ladders have thresholds.',
    hint: 'Write --tier base, or --ladder nano,base with --min-confidence or --max-risk.',
  });
}

const taken = (id: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `The id ${id} is that of another path, whose costs and rewards are known by it.`,
    hint: 'Choose another id; `terrace deploy remove` takes the old one out.',
    facts: { model: id },
  });
