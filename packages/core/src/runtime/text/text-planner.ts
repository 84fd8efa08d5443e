import { NoTierFitsError } from '../../errors/no-tier-fits-error.js';
import type { Endpoint } from '../../catalog/endpoint.js';
import type { Catalog } from '../../catalog/schema.js';
import type { TextCalibration } from '../../catalog/text-calibration.js';
import { inFlight } from '../../load/in-flight.js';
import type { VariantStatistics } from '../../ports/ledger.js';
import type { DeviceProfile } from '../../profile/device-profile.js';
import { usableMemory } from '../../recommend/recommend.js';
import { readTextCalibration } from '../../text/confidence/read-text-calibration.js';
import { requireUnchanged } from '../../text/confidence/require-unchanged.js';
import type { TextSpeed } from '../../text/plan/predict-text.js';
import { recommendText } from '../../text/plan/recommend-text.js';
import { textTiers } from '../../text/plan/text-tiers.js';
import type { TextPlan } from '../../text/plan/text-plan.js';
import type { TextRequirements } from '../../text/plan/text-requirements.js';
import { pastSpeeds } from './past-speeds.js';
import { speedOf, type KnownSpeed } from './run-speed.js';
import { variantOf } from './text-records.js';
import type { TextPorts } from './text-runtime.js';
import type { TierRun } from './tier-run.js';

/** How long a measurement of the device and its statistics is believed. */
const REFRESH_MS = 30_000;
/** How long a tier that failed is left out. */
const COOL_DOWN_MS = 60_000;

export interface TextPlanner {
  /** @throws NoTierFitsError, UnknownDomainError, InvalidRequestError */
  plan(requirements: TextRequirements): Promise<TextPlan>;
  /** Leaves a tier out until it has cooled down. */
  avoid(tier: string): void;
  /** What the warm-up of a variant has shown. */
  loaded(variantId: string, speed: TextSpeed): void;
  /** How fast a run was counts from then on. */
  learn(run: TierRun): void;
  /** Most that text models may take, in bytes, as the device was last seen; no limit before that. */
  ceilingBytes(): number;
}

/** Requests of the past that are looked through, once, for how fast tiers are. */
const PAST_OUTCOMES = 200;

interface Surroundings {
  readonly profile: DeviceProfile;
  /** Held at the time the profile was taken: by text models, and by all others. */
  readonly textBytes: number;
  readonly othersBytes: number;
  readonly statistics: readonly VariantStatistics[];
  readonly atMs: number;
}

export function createTextPlanner({
  ports: { catalog: source, probe, ledger, store, clock, memoryCeilingBytes, readFile, onFailure = () => undefined },
  canAsk,
  isAway,
  textBytes,
  othersBytes,
}: {
  ports: TextPorts;
  canAsk: (endpoint: Endpoint) => boolean;
  isAway: (endpoint: Endpoint) => boolean;
  /** What text models of this process hold. */
  textBytes: () => number;
  /** What its other models do. */
  othersBytes: () => number;
}): TextPlanner {
  const failures = new Map<string, number>();
  const speeds = new Map<string, KnownSpeed>();
  const calibrations = new Map<string, Promise<TextCalibration | undefined>>();
  const looks = inFlight<Surroundings>();
  let around: Surroundings | undefined;

  /** Without its own numbers the device is planned for by formula: a broken ledger takes no answer away. */
  const orNone = async <T>(read: Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await read;
    } catch (error) {
      onFailure(error);
      return [];
    }
  };

  const recall = async (): Promise<void> => {
    const outcomes = await orNone(ledger.outcomes({ limit: PAST_OUTCOMES }));
    const here = textTiers(source.current(), undefined).filter(
      (tier) => tier.kind === 'remote' || store.presence(tier.variant.weights) === 'here',
    );
    for (const [variantId, decodeTokensPerSecond] of pastSpeeds(outcomes, here)) {
      speeds.set(variantId, { decodeTokensPerSecond, ...speeds.get(variantId) });
    }
  };

  const look = async (): Promise<Surroundings> => {
    const before = { textBytes: textBytes(), othersBytes: othersBytes() };
    const isFirst = around === undefined;
    const [profile, statistics] = await Promise.all([
      probe.profile(),
      orNone(ledger.statistics()),
      isFirst ? recall() : undefined,
    ]);
    // What was loaded meanwhile may be in the one reading and not in the other: then it is not counted twice.
    const held = {
      textBytes: Math.min(before.textBytes, textBytes()),
      othersBytes: Math.min(before.othersBytes, othersBytes()),
    };
    return (around = { profile, statistics, ...held, atMs: clock.nowMs() });
  };

  /** What text models may take in all: what is free and their own, less what others have taken since. */
  const room = (since: Surroundings): Parameters<typeof usableMemory>[0] => {
    const { profile, textBytes: loadedBytes } = since;
    const others = othersBytes();
    const grown = Math.max(0, others - since.othersBytes);
    const usableBytes = Math.max(0, profile.memory.usableBytes - grown);
    return {
      profile: { ...profile, memory: { ...profile.memory, usableBytes } },
      loadedBytes,
      memoryCeilingBytes: memoryCeilingBytes === undefined ? undefined : Math.max(0, memoryCeilingBytes - others),
    };
  };

  const current = async (): Promise<Surroundings> =>
    around && clock.nowMs() - around.atMs < REFRESH_MS ? around : looks('device', look);

  /** Of tiers that have changed nothing is claimed: whoever runs this is told. */
  const watched = (calibration: TextCalibration, catalog: Catalog, domain: string | undefined): TextCalibration => {
    try {
      requireUnchanged(calibration, textTiers(catalog, domain));
    } catch (error) {
      onFailure(error);
    }
    return calibration;
  };

  /** One that cannot be read is none: nothing is claimed then, and nobody goes without an answer. */
  const calibrationOf = (catalog: Catalog, domain: string | undefined): Promise<TextCalibration | undefined> => {
    const file = catalog.text?.calibrations.find((each) => each.domain === domain)?.file;
    if (!file) return Promise.resolve(undefined);
    const kept = calibrations.get(file.sha256);
    if (kept) return kept;
    const reading = readFile(file)
      .then(readTextCalibration)
      .then((calibration) => watched(calibration, catalog, domain));
    const read = reading.catch((error: unknown) => {
      calibrations.delete(file.sha256);
      onFailure(error);
      return undefined;
    });
    calibrations.set(file.sha256, read);
    return read;
  };

  const failed = (): Set<string> => {
    for (const [tier, sinceMs] of failures) if (clock.nowMs() - sinceMs >= COOL_DOWN_MS) failures.delete(tier);
    return new Set(failures.keys());
  };

  return {
    async plan(requirements) {
      const catalog = source.current();
      const [surroundings, calibration] = await Promise.all([current(), calibrationOf(catalog, requirements.domain)]);
      const away = new Set((catalog.endpoints ?? []).filter(isAway).map(({ id }) => id));
      return atBest({
        catalog,
        ...room(surroundings),
        statistics: surroundings.statistics,
        calibration,
        requirements,
        presence: store.presence,
        speeds,
        canAsk,
        away,
        failed: failed(),
      });
    },
    avoid: (tier) => void failures.set(tier, clock.nowMs()),
    // What it has shown in answers says more than a warm-up of a few tokens.
    loaded: (variantId, speed) => void speeds.set(variantId, { ...speed, ...speeds.get(variantId) }),
    learn(run) {
      const variantId = variantOf(run.rung.tier);
      const speed = speedOf(run, speeds.get(variantId));
      if (speed) speeds.set(variantId, speed);
    },
    ceilingBytes: () => (around ? usableMemory(room(around)).bytes : Infinity),
  };
}

/** Never nothing: a deadline that no tier can meet still gets an answer, and where every tier failed lately they are tried again. */
function atBest(input: Parameters<typeof recommendText>[0]): TextPlan {
  try {
    return recommendText(input);
  } catch (error) {
    if (!NoTierFitsError.isInstance(error)) throw error;
    const { requirements, failed } = input;
    if (requirements.deadlineMs !== undefined) {
      return atBest({ ...input, requirements: { ...requirements, deadlineMs: undefined } });
    }
    if (failed.size > 0) return atBest({ ...input, failed: new Set() });
    throw error;
  }
}
