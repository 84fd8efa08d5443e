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
import { speedOf } from './run-speed.js';
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

interface Surroundings {
  readonly profile: DeviceProfile;
  readonly statistics: readonly VariantStatistics[];
  readonly atMs: number;
}

export function createTextPlanner({
  ports: { catalog: source, probe, ledger, store, clock, memoryCeilingBytes, readFile, onFailure = () => undefined },
  canAsk,
  isAway,
  loadedBytes,
  othersBytes,
}: {
  ports: TextPorts;
  canAsk: (endpoint: Endpoint) => boolean;
  isAway: (endpoint: Endpoint) => boolean;
  /** What all models of this process hold. */
  loadedBytes: () => number;
  /** Of that, what is no text model's. */
  othersBytes: () => number;
}): TextPlanner {
  const failures = new Map<string, number>();
  const speeds = new Map<string, TextSpeed>();
  const calibrations = new Map<string, Promise<TextCalibration | undefined>>();
  const looks = inFlight<Surroundings>();
  let around: Surroundings | undefined;

  const look = async (): Promise<Surroundings> => {
    const [profile, statistics] = await Promise.all([
      probe.profile(),
      // Without its own numbers the device is planned for by formula: a broken ledger takes no answer away.
      ledger.statistics().catch((error: unknown) => {
        onFailure(error);
        return [];
      }),
    ]);
    return (around = { profile, statistics, atMs: clock.nowMs() });
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
      const [{ profile, statistics }, calibration] = await Promise.all([
        current(),
        calibrationOf(catalog, requirements.domain),
      ]);
      const away = new Set((catalog.endpoints ?? []).filter(isAway).map(({ id }) => id));
      return atBest({
        catalog,
        profile,
        statistics,
        calibration,
        requirements,
        presence: store.presence,
        speeds,
        loadedBytes: loadedBytes(),
        memoryCeilingBytes,
        canAsk,
        away,
        failed: failed(),
      });
    },
    avoid: (tier) => void failures.set(tier, clock.nowMs()),
    loaded: (variantId, speed) => void speeds.set(variantId, speed),
    learn(run) {
      const variantId = variantOf(run.rung.tier);
      const speed = speedOf(run, speeds.get(variantId));
      if (speed) speeds.set(variantId, speed);
    },
    ceilingBytes() {
      if (!around) return Infinity;
      const { bytes } = usableMemory({ profile: around.profile, loadedBytes: loadedBytes(), memoryCeilingBytes });
      return Math.max(0, bytes - othersBytes());
    },
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
