import { UnknownRevisionError } from '@terrace/core';
import { systemClock } from '../../system-clock.js';
import { ms, print, printJson } from '../output.js';
import { shortId } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import { openDeltaStore } from './delta-store.js';

/** `terrace delta rollback DOMAIN`: back to what was in force before the revision that is. */
export async function rollBackDelta(domain: string, flags: GlobalFlags): Promise<number> {
  const { revisions, folders } = await openDeltaStore(flags);
  const current = await revisions.current(domain);
  if (!current) throw nothingBefore(domain);
  const { id: left, parent } = current;
  const fromMs = systemClock.nowMs();
  await revisions.activate(domain, parent);
  const tookMs = systemClock.nowMs() - fromMs;
  if (flags.json) printJson({ domain, left, inForce: parent ?? null, tookMs });
  else {
    const ships = (await folders()).current().domains.some(({ id }) => id === domain);
    const before = ships ? `${domain} is answered with what ships again` : `nothing answers ${domain} any more`;
    const now = parent === undefined ? before : `${domain} is answered with revision ${shortId(parent)} again`;
    print(`${now} (${ms(tookMs)}); ${shortId(left)} is kept`);
  }
  return 0;
}

const nothingBefore = (domain: string): UnknownRevisionError =>
  new UnknownRevisionError({
    message: `There is nothing that "${domain}" could go back to: what is in force is no revision that was kept.`,
    hint: `\`terrace delta list ${domain}\` names those that are kept; put one in force with \`terrace delta promote\`.`,
    facts: { domain },
  });
