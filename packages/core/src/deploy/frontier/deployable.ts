import type { Calibration } from '../../catalog/calibration.js';
import { costOfQuestion } from '../../catalog/question-tokens.js';
import type { Catalog } from '../../catalog/schema.js';
import { calibratedAs } from '../../catalog/tier.js';
import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import { isCalibrated, type RatedTier } from '../../recommend/choose-ladder.js';
import { recommend, usableMemory } from '../../recommend/recommend.js';
import type { Requirements } from '../../request/parse-request.js';
import type { FrontierReport } from './frontier.js';
import type { Machine } from './machine.js';

/** What is known beside machines. */
export interface DeployableInput {
  readonly catalog: Catalog;
  readonly calibration: Calibration | undefined;
  readonly requirements: Requirements;
  /** Accuracy by tier where the calibration does not know it, with where it comes from. */
  readonly accuracies: ReadonlyMap<string, { readonly accuracy: number; readonly basis: string }>;
  /** Of a mean request; undefined for a short question. */
  readonly textTokens: number | undefined;
}

/** A tier or a ladder that a machine can run or ask. */
export interface Deployable {
  /** `nano`, or `nano+base`. */
  readonly name: string;
  readonly tiers: readonly RatedTier[];
  readonly accuracy: number;
  readonly basis: string;
  /** Of a mean request: what calls cost, in US dollars, and for how long the machine is busy. */
  readonly costUsd: number;
  readonly busyMs: number;
  readonly p95Ms: number;
}

/** Fewer requests than these do not show in a p95. */
const IN_A_P95 = 0.05;

/** @throws CalibrationMismatchError, InvalidRequestError */
export function deployablesOf(
  machine: Machine,
  input: DeployableInput,
): { readonly deployables: readonly Deployable[]; readonly rejected: FrontierReport['rejected'] } {
  const { calibration } = input;
  const { fitting, rejected } = fittingOn(machine, input);
  if (machine.profile.gpu && !machine.profile.providers.some(({ id }) => id !== 'cpu')) {
    const reason = 'nothing runs on it outside of browsers: times are those of the processor';
    rejected.push({ hardware: machine.name, model: 'its GPU', reason });
  }
  const deployables: Deployable[] = [];
  for (const rated of fitting) {
    const found = accuracyOf(rated, input);
    if (found) deployables.push(deployable([rated], [1], found, input));
    else {
      const reason = 'nothing is known of its accuracy: calibrate the domain with it, give feedback, or say it';
      rejected.push({ hardware: machine.name, model: rated.tier.id, reason });
    }
  }
  const known = fitting.filter(({ tier }) => isCalibrated(tier, calibration));
  for (const { tiers, operating } of calibration?.ladders ?? []) {
    const rungs = tiers.map((id) => known.find(({ tier }) => calibratedAs(tier) === id));
    if (tiers.length < 2 || !rungs.every((rung) => rung !== undefined) || !fitTogether(rungs, machine)) continue;
    const found = { accuracy: operating.accuracy, basis: 'calibration' };
    deployables.push(deployable(rungs, operating.calls, found, input));
  }
  return { deployables, rejected };
}

/** Whether a machine holds all of these at once. */
export function fitTogether(tiers: readonly RatedTier[], { profile }: Machine): boolean {
  const { bytes } = usableMemory({ profile, loadedBytes: 0, memoryCeilingBytes: undefined });
  return [...new Set(tiers)].reduce((sum, { estimate }) => sum + estimate.memoryBytes, 0) <= bytes;
}

function fittingOn(
  { name: hardware, profile, statistics }: Machine,
  { catalog, calibration, requirements }: DeployableInput,
): { fitting: readonly RatedTier[]; rejected: FrontierReport['rejected'][number][] } {
  try {
    const { ranked, rejected } = recommend({
      requirements,
      profile,
      catalog,
      calibration,
      statistics,
      loadedBytes: 0,
      memoryCeilingBytes: undefined,
      failed: new Set(),
      canAsk: () => true,
    });
    const alone = new Set(ranked.map(({ tier }) => tier.id));
    return {
      fitting: ranked,
      // What only the recommended ladder has no use for fits all the same.
      rejected: rejected
        .filter(({ tier }) => !alone.has(tier))
        .map(({ tier, variant, message }) => ({
          hardware,
          model: [tier, variant].filter(Boolean).join(' '),
          reason: message,
        })),
    };
  } catch (error) {
    if (!NoTierFitsError.isInstance(error)) throw error;
    return { fitting: [], rejected: [{ hardware, model: 'all', reason: error.message }] };
  }
}

function accuracyOf(
  { tier, estimate }: RatedTier,
  { accuracies }: DeployableInput,
): { readonly accuracy: number; readonly basis: string } | undefined {
  if (estimate.quality !== undefined) return { accuracy: estimate.quality, basis: 'calibration' };
  return accuracies.get(tier.id);
}

/** @param calls share of requests that each tier runs for */
function deployable(
  tiers: readonly RatedTier[],
  calls: readonly number[],
  { accuracy, basis }: { readonly accuracy: number; readonly basis: string },
  { textTokens }: DeployableInput,
): Deployable {
  const mean = (of: (rated: RatedTier) => number): number =>
    tiers.reduce((sum, rated, rung) => sum + calls[rung]! * of(rated), 0);
  return {
    name: tiers.map(({ tier }) => tier.id).join('+'),
    tiers,
    accuracy,
    basis,
    costUsd: mean(({ tier }) => (tier.kind === 'remote' ? costOfQuestion(tier, textTokens) : 0)),
    busyMs: mean(({ tier, estimate }) => (tier.kind === 'local' ? estimate.latencyMs : 0)),
    p95Ms: tiers.reduce((sum, { estimate }, rung) => (calls[rung]! > IN_A_P95 ? sum + estimate.p95Ms : sum), 0),
  };
}
