import { nameRevision } from '../../store/revisions/name-revision.js';
import { systemClock } from '../../system-clock.js';
import { ms, print, printJson } from '../output.js';
import { shortId } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import { openDeltaStore } from './delta-store.js';
import { promoteText, textRevision } from './delta-text.js';

/** `terrace delta promote DOMAIN REVISION`: puts a kept revision in force, whatever was decided when it was made. */
export async function promoteDelta(domain: string, name: string, flags: GlobalFlags): Promise<number> {
  const store = await openDeltaStore(flags);
  const ofTexts = await textRevision(store, name, domain);
  if (ofTexts) return promoteText(ofTexts, store, flags);
  const { revisions } = store;
  const { id } = nameRevision(await revisions.list(domain), name, domain);
  const fromMs = systemClock.nowMs();
  await revisions.activate(domain, id);
  const tookMs = systemClock.nowMs() - fromMs;
  if (flags.json) printJson({ domain, inForce: id, tookMs });
  else print(`${domain} is answered with revision ${shortId(id)} now (${ms(tookMs)})`);
  return 0;
}
