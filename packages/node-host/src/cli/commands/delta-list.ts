import { UnknownDomainError, type Delta } from '@terrace/core';
import type { Revision } from '@terrace/core/deltas';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import type { NodeRevisions } from '../../store/revisions/node-revisions.js';
import { revisionOf } from '../../store/revisions/overlay-domain.js';
import { print, printJson, table } from '../output.js';
import { kilobytes, shortId } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import { openDeltaStore, type DeltaStore } from './delta-store.js';
import { describeTexts, textsAsText } from './delta-text.js';
import { deltaBytes, originOf } from './models-catalog.js';

/** `terrace delta list [DOMAIN]`: the deltas that answer, and every revision that is kept. */
export async function listDeltas(domain: string | undefined, flags: GlobalFlags): Promise<number> {
  const store = await openDeltaStore(flags);
  const folders = await store.folders();
  const { domains, text } = folders.current();
  const ofTexts = [...(text?.deltas ?? []).map((delta) => delta.domain), ...(await store.texts.domains())];
  const ofLabels = [...domains.map(({ id }) => id), ...(await store.revisions.domains())];
  const known = [...new Set([...ofLabels, ...ofTexts])];
  if (domain !== undefined && !known.includes(domain)) throw unknown(domain, known);
  const wanted = domain === undefined ? known.toSorted() : [domain];
  const shown = await Promise.all(wanted.map((id) => describeDomain(id, folders, store)));
  if (flags.json) printJson(shown);
  else print(shown.map(asText).join('\n\n'));
  return 0;
}

type Shown = Awaited<ReturnType<typeof describeDomain>>;

async function describeDomain(domain: string, folders: ModelFolders, store: DeltaStore) {
  const { revisions } = store;
  const text = await describeTexts(domain, folders.current(), store);
  const current = folders.current();
  const inForce = revisionOf(current, domain);
  const deltas = current.deltas.filter((delta) => delta.domain === domain);
  const marked = (await revisions.current(domain))?.id;
  return {
    domain,
    inForce,
    deltas: deltas.map((delta) => deltaRow(delta, folders)),
    revisions: (await revisions.list(domain)).map((revision) => revisionRow(revision, marked, revisions)),
    ...(text && { text }),
  };
}

const deltaRow = (delta: Delta, folders: ModelFolders) => ({
  id: delta.id,
  base: delta.base.id,
  rank: delta.rank,
  labels: delta.labels.length,
  bytes: deltaBytes(delta),
  origin: originOf(folders, delta.head).origin,
});

const revisionRow = (revision: Revision, marked: string | undefined, revisions: NodeRevisions) => {
  const { id, parent, madeAtWallMs, origin, deltas, decision } = revision;
  const { own } = revisions.kept(revision);
  const brought = deltas.filter(({ contentId }) => own.deltas.includes(contentId));
  return {
    id,
    inForce: id === marked,
    parent: parent ?? null,
    madeAt: new Date(madeAtWallMs).toISOString(),
    origin,
    deltas: deltas.map((delta) => delta.id),
    /** Of those that do not ship. */
    bytes: brought.reduce((sum, delta) => sum + deltaBytes(delta), 0),
    decision: decision ?? null,
  };
};

function asText({ domain, inForce, deltas, revisions, text }: Shown): string {
  return [
    `${domain}, answered with ${deltas.length === 0 ? 'nothing' : shortId(inForce)}`,
    ...(deltas.length === 0
      ? []
      : [
          table([
            ['  delta', 'base', 'rank', 'labels', 'size', ''],
            ...deltas.map(({ id, base, rank, labels, bytes, origin }) => [
              `  ${id}`,
              base,
              `${rank}`,
              `${labels}`,
              kilobytes(bytes),
              origin,
            ]),
          ]),
        ]),
    ...(revisions.length === 0
      ? []
      : [
          table([
            ['  revision', 'after', 'made', 'by', 'size', ''],
            ...revisions.map(({ id, inForce: isInForce, parent, madeAt, origin, bytes, decision }) => [
              `${isInForce ? '*' : ' '} ${shortId(id)}`,
              parent === null ? '-' : shortId(parent),
              madeAt.slice(0, 19).replace('T', ' '),
              origin,
              kilobytes(bytes),
              decision === null ? '' : `${decision.kind}: ${decision.reason.replaceAll('-', ' ')}`,
            ]),
          ]),
        ]),
    ...(text ? [textsAsText(text)] : []),
  ].join('\n');
}

const unknown = (domain: string, known: readonly string[]): UnknownDomainError =>
  new UnknownDomainError({
    message: `There is no domain "${domain.slice(0, 128)}".`,
    hint: `Domains: ${known.join(', ') || 'none'}.`,
    facts: { domain },
  });
