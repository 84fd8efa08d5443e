import { UnknownDomainError } from '@terrace/core';
import { checkInForce, checkKept, type Checked } from '../../store/revisions/check-deltas.js';
import { checkTexts } from '../../store/revisions/check-texts.js';
import { systemClock } from '../../system-clock.js';
import { EXIT } from '../exit-code.js';
import { print, printJson, table } from '../output.js';
import { shortId } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import { openDeltaStore } from './delta-store.js';

/** `terrace delta verify [DOMAIN]`: whether deltas in force and kept revisions are whole. Exit code 1 when one is not. */
export async function verifyDeltas(
  domain: string | undefined,
  flags: GlobalFlags,
  signal: AbortSignal,
): Promise<number> {
  const { settings, revisions, texts, folders: open } = await openDeltaStore(flags);
  const folders = await open();
  const { domains, models, text } = folders.current();
  const ofLabels = [...domains.map(({ id }) => id), ...(await revisions.domains())];
  const ofTexts = [...(text?.deltas ?? []).map((delta) => delta.domain), ...(await texts.domains())];
  const known = [...new Set([...ofLabels, ...ofTexts])].toSorted();
  if (domain !== undefined && !known.includes(domain)) throw unknown(domain, known);
  const trust = { home: settings.home, clock: systemClock };
  const checked: Checked[] = [];
  for (const each of domain === undefined ? known : [domain]) {
    signal.throwIfAborted();
    checked.push(...(await checkInForce(folders, each, trust)));
    checked.push(...(await checkKept(revisions, each, { models, trust })));
    checked.push(...(await checkTexts(texts, each, { folders, trust })));
  }
  const ok = checked.every(({ fault }) => fault === undefined);
  if (flags.json) printJson({ ok, checked });
  else print(describe(checked, ok));
  return ok ? EXIT.answered : EXIT.internal;
}

function describe(checked: readonly Checked[], ok: boolean): string {
  const rows = checked.map(({ what, id, fault }) => [
    fault === undefined ? 'ok' : 'wrong',
    what,
    what === 'revision' ? shortId(id) : id,
    fault ?? '',
  ]);
  const end = ok ? `${checked.length} of ${checked.length} are as they should be.` : 'Something is wrong: see above.';
  return [table(rows), '', end].join('\n');
}

const unknown = (domain: string, known: readonly string[]): UnknownDomainError =>
  new UnknownDomainError({
    message: `There is no domain "${domain.slice(0, 128)}".`,
    hint: `Domains: ${known.join(', ') || 'none'}.`,
    facts: { domain },
  });
