import { calibrationState } from '../../store/catalog/calibration-state.js';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { overlayDomain } from '../../store/revisions/overlay-domain.js';
import { packDelta } from '../../store/revisions/pack-delta.js';
import { systemClock } from '../../system-clock.js';
import { ms, print, printJson } from '../output.js';
import { kilobytes, shortId } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import { openDeltaStore } from './delta-store.js';
import { attachTextDelta, isTextDelta } from './delta-text.js';
import { InvalidRequestError, type Calibration } from '@terrace/core';

export interface AttachFlags extends GlobalFlags {
  /** Prompts with answers, for a delta of texts. */
  readonly eval?: string;
}

/** `terrace delta attach FOLDER`: a delta of somebody's own, into the domain that it names. */
export async function attachDelta(folder: string, flags: AttachFlags, signal: AbortSignal): Promise<number> {
  const store = await openDeltaStore(flags);
  if (isTextDelta(folder)) return attachTextDelta(folder, store, { flags, signal });
  if (flags.eval !== undefined) throw onlyTexts();
  const { revisions, folders } = store;
  const packed = await packDelta(folder);
  const { id, domain, base } = packed.manifest;
  const calibration = await standingCalibration(await folders(), domain, [base.id]);
  const fromMs = systemClock.nowMs();
  const revision = await revisions.keep({ domain, origin: 'attached', deltas: [packed], calibration });
  await revisions.activate(domain, revision.id);
  const tookMs = systemClock.nowMs() - fromMs;
  const bytes = [...packed.files.values()].reduce((sum, file) => sum + file.length, 0);
  const calibrated = (await folders()).current().domains.find((each) => each.id === domain)?.calibration !== undefined;
  if (flags.json) printJson({ delta: id, domain, base: base.id, bytes, revision: revision.id, calibrated, tookMs });
  else {
    const note = calibrated
      ? ''
      : `\nnote: ${domain} is not calibrated: run \`terrace calibrate --domain ${domain} --data FILE\``;
    print(`attached ${id} (${kilobytes(bytes)}) as revision ${shortId(revision.id)} (${ms(tookMs)})${note}`);
  }
  return 0;
}

/** The domain's own calibration, where it says nothing of the bases whose deltas change. */
export async function standingCalibration(
  folders: ModelFolders,
  domain: string,
  changed: readonly string[],
): Promise<Calibration | undefined> {
  if (overlayDomain(folders, domain).calibration === undefined) return undefined;
  const calibration = await folders.calibration(domain);
  if (!calibration || changed.some((base) => calibration.tiers[base] !== undefined)) return undefined;
  return calibrationState(calibration, folders.current(), domain).kind === 'fits' ? calibration : undefined;
}

const onlyTexts = (): InvalidRequestError =>
  new InvalidRequestError({
    message: 'A delta of labels is attached as it is: --eval is for deltas of texts.',
    hint: 'Look at it afterwards with `terrace delta evaluate --domain DOMAIN --data FILE`.',
  });
