import { UnknownRevisionError, type Catalog } from '@terrace/core';
import { systemClock } from '../../system-clock.js';
import { ms, print, printJson } from '../output.js';
import { shortId } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import { openDeltaStore } from './delta-store.js';
import { rollBackText } from './delta-text.js';

export interface RollbackFlags extends GlobalFlags {
  /** What its texts are changed by, and not its labels. */
  readonly text?: boolean;
}

/** `terrace delta rollback DOMAIN`: back to what was in force before the revision that is. */
export async function rollBackDelta(domain: string, flags: RollbackFlags): Promise<number> {
  const store = await openDeltaStore(flags);
  if (flags.text) return rollBackText(domain, store, flags);
  const { revisions, folders } = store;
  const current = await revisions.current(domain);
  if (!current) throw nothingBefore(domain, (await folders()).current());
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

function nothingBefore(domain: string, { domains }: Catalog): UnknownRevisionError {
  const answers = domains.some(({ id }) => id === domain)
    ? 'what answers it is no revision that was kept'
    : 'nothing answers it';
  return new UnknownRevisionError({
    message: `There is nothing that "${domain.slice(0, 128)}" could go back to: ${answers}.`,
    hint: '`terrace delta list` names what is kept; put a revision in force with `terrace delta promote`.',
    facts: { domain },
  });
}
