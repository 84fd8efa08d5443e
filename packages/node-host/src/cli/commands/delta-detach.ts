import { InvalidRequestError } from '@terrace/core';
import { overlayDomain } from '../../store/revisions/overlay-domain.js';
import { systemClock } from '../../system-clock.js';
import { ms, print, printJson } from '../output.js';
import { shortId } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import { standingCalibration } from './delta-attach.js';
import { openDeltaStore } from './delta-store.js';

export interface DetachFlags extends GlobalFlags {
  readonly base?: string;
}

/** `terrace delta detach DOMAIN`: without its deltas, or one of them; what ships comes to light where it was covered. */
export async function detachDelta(domain: string, flags: DetachFlags): Promise<number> {
  const { revisions, folders: open } = await openDeltaStore(flags);
  const folders = await open();
  const { deltas, inForce } = overlayDomain(folders, domain);
  const gone = deltas.filter(({ base }) => flags.base === undefined || base.id === flags.base);
  if (gone.length === 0)
    throw nothingAttached(
      domain,
      flags.base,
      deltas.map(({ base }) => base.id),
    );
  const without = gone.map(({ base }) => base.id);
  const calibration = await standingCalibration(folders, domain, without);
  const fromMs = systemClock.nowMs();
  const revision = await revisions.keep({ domain, origin: 'detached', deltas: [], without, calibration });
  await revisions.activate(domain, revision.id);
  const tookMs = systemClock.nowMs() - fromMs;
  const detached = gone.map(({ id }) => id);
  if (flags.json) printJson({ domain, detached, revision: revision.id, tookMs });
  else {
    // The same was left after other deltas before, and goes back to those.
    const undo = revision.parent === inForce ? `rollback ${domain}` : `promote ${domain} ${shortId(inForce)}`;
    const back = `\`terrace delta ${undo}\` attaches what was there`;
    print(`detached ${detached.join(', ')}: revision ${shortId(revision.id)} (${ms(tookMs)}); ${back}`);
  }
  return 0;
}

const nothingAttached = (domain: string, base: string | undefined, bases: readonly string[]): InvalidRequestError =>
  new InvalidRequestError({
    message: `Nothing is attached to "${domain.slice(0, 128)}"${base === undefined ? '' : ` on "${base}"`}.`,
    hint:
      bases.length > 0
        ? `Its own deltas are on ${bases.join(', ')}.`
        : 'What ships stays; `terrace delta list` names what was attached.',
    facts: { domain, base },
  });
