import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InvalidRequestError, UnknownRevisionError, type Catalog } from '@terrace/core';
import type { PromotionDecision } from '@terrace/core/deltas';
import type { TextDelta } from '@terrace/core/text';
import { TEXT_DELTA_MANIFEST } from '../../store/catalog/text-delta-place.js';
import { requireTextUnchanged } from '../../store/revisions/check-texts.js';
import { isRevisionName } from '../../store/revisions/name-revision.js';
import type { TextRevision } from '../../store/revisions/text-revision-file.js';
import { systemClock } from '../../system-clock.js';
import { readFolderSignatures } from '../../trust/folder-signatures.js';
import { signDeltas } from '../../trust/sign-deltas.js';
import { describeSigner, UNSIGNED } from '../../trust/signed-by.js';
import type { Signer } from '../../trust/signing.js';
import { describeDecision } from '../describe-decision.js';
import { startProgress } from '../progress.js';
import type { AttachFlags } from './delta-attach.js';
import { ms, print, printJson, table } from '../output.js';
import { kilobytes, shortId } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import type { DeltaStore } from './delta-store.js';

/** Whether a folder holds a delta of text tiers. */
export const isTextDelta = (folder: string): boolean => existsSync(join(folder, TEXT_DELTA_MANIFEST));

/** `terrace delta attach FOLDER` of one: it is kept, and put in force at once unless rows have to say so first. */
export async function attachTextDelta(
  folder: string,
  store: DeltaStore,
  { flags, signal }: { readonly flags: AttachFlags; readonly signal: AbortSignal },
): Promise<number> {
  const { texts } = store;
  const revision = await texts.keep(folder);
  if (flags.eval !== undefined) {
    const decision = await tryText(revision, store, { file: flags.eval, signal });
    if (decision.kind === 'keep') return keptOnly(revision, decision, flags);
  }
  const fromMs = systemClock.nowMs();
  await texts.activate(revision.domain, revision.id);
  const tookMs = systemClock.nowMs() - fromMs;
  const { domain, id, deltas } = revision;
  if (flags.json) printJson({ kind: 'text', domain, revision: id, deltas, tookMs });
  else print(`the texts of ${domain} are answered with revision ${shortId(id)} now (${ms(tookMs)})`);
  return 0;
}

function keptOnly({ domain, id }: TextRevision, decision: PromotionDecision, flags: GlobalFlags): number {
  if (flags.json) printJson({ kind: 'text', domain, revision: id, decision });
  else {
    print(
      `revision ${shortId(id)} of the texts of ${domain} is kept and not in force: ${describeDecision(decision)}\n` +
        `\`terrace delta promote ${domain} ${shortId(id)}\` puts it in force all the same`,
    );
  }
  return 0;
}

/** Its own model is asked, with what is in force and with what was kept. */
async function tryText(
  revision: TextRevision,
  { settings, folders: open }: DeltaStore,
  { file, signal }: { readonly file: string; readonly signal: AbortSignal },
): Promise<PromotionDecision> {
  const [{ openText, seeded }, { gateText, withRevision }, { readQuestions }] = await Promise.all([
    import('./calibrate-text.js'),
    import('../../text/gate-text.js'),
    import('../../store/files/read-questions.js'),
  ]);
  const { rows: questions } = await readQuestions(file);
  const folders = await open();
  const tried = await withRevision(folders, revision);
  const { domain } = revision;
  const base = tried.current().text!.deltas.find((delta) => delta.domain === domain && delta.base)?.base?.id;
  const tier = base ?? folders.current().models.find(({ task }) => task === 'text-generation')?.id ?? '';
  const network = (await import('../../remote/undici-fetch.js')).createUndiciFetch();
  const [candidate, current] = [tried, folders].map((each) => openText(each, settings, network.fetch));
  const progress = startProgress('asking with and without it');
  try {
    return await gateText({
      questions,
      domain,
      tier,
      judge: 'exact',
      candidate: candidate!,
      current: current!,
      isKnown: isKnown(folders.current(), domain),
      random: seeded(),
      onAnswer: progress.update,
      signal,
    });
  } finally {
    progress.end();
    await Promise.all([candidate?.close(), current?.close(), network.close()]);
  }
}

const isKnown = ({ domains, text }: Catalog, domain: string): boolean =>
  domains.some(({ id }) => id === domain) || textDeltasOf({ text }).some((delta) => delta.domain === domain);

/** A kept revision of a domain's texts by the first digits of its id; undefined where none begins so. */
export async function textRevision(
  { texts }: DeltaStore,
  name: string,
  domain?: string,
): Promise<TextRevision | undefined> {
  if (!isRevisionName(name)) return undefined;
  const domains = domain === undefined ? await texts.domains() : [domain];
  const all = (await Promise.all(domains.map((each) => texts.list(each)))).flat();
  const found = all.filter(({ id }) => id.startsWith(name));
  if (found.length > 1) {
    throw new InvalidRequestError({
      message: `More than one revision of texts begins with ${name}.`,
      hint: `Write more digits: ${found.map(({ id }) => shortId(id)).join(', ')}.`,
      facts: { revision: name },
    });
  }
  return found[0];
}

/** `terrace delta promote DOMAIN REVISION` of one. */
export async function promoteText(
  { domain, id }: TextRevision,
  { texts }: DeltaStore,
  flags: GlobalFlags,
): Promise<number> {
  const fromMs = systemClock.nowMs();
  await texts.activate(domain, id);
  const tookMs = systemClock.nowMs() - fromMs;
  if (flags.json) printJson({ kind: 'text', domain, inForce: id, tookMs });
  else print(`the texts of ${domain} are answered with revision ${shortId(id)} now (${ms(tookMs)})`);
  return 0;
}

/** `terrace delta rollback DOMAIN --text`. */
export async function rollBackText(domain: string, { texts }: DeltaStore, flags: GlobalFlags): Promise<number> {
  const current = await texts.current(domain);
  if (!current) {
    throw new UnknownRevisionError({
      message: `There is nothing that the texts of "${domain.slice(0, 128)}" could go back to.`,
      hint: '`terrace delta list` names what is kept; put a revision in force with `terrace delta promote`.',
      facts: { domain },
    });
  }
  const { id: left, parent } = current;
  const fromMs = systemClock.nowMs();
  await texts.activate(domain, parent ?? undefined);
  const tookMs = systemClock.nowMs() - fromMs;
  const now = parent === null ? 'without deltas' : `with revision ${shortId(parent)}`;
  if (flags.json) printJson({ kind: 'text', domain, left, inForce: parent, tookMs });
  else print(`the texts of ${domain} are answered ${now} again (${ms(tookMs)}); ${shortId(left)} is kept`);
  return 0;
}

/** What `terrace delta list` says of a domain's texts; undefined where there is nothing to say. */
export async function describeTexts(domain: string, { text }: Catalog, { texts }: Pick<DeltaStore, 'texts'>) {
  const deltas = (text?.deltas ?? []).filter((delta) => delta.domain === domain);
  const revisions = await texts.list(domain);
  if (deltas.length === 0 && revisions.length === 0) return undefined;
  const marked = (await texts.current(domain))?.id;
  return {
    deltas: deltas.map(({ id, kind, base, rank, adapter }) => ({
      id,
      kind,
      base: base?.id ?? null,
      rank: rank ?? null,
      bytes: adapter?.bytes ?? 0,
    })),
    revisions: revisions.map(({ id, parent, madeAtWallMs, origin, deltas: kept }) => ({
      id,
      inForce: id === marked,
      parent,
      madeAt: new Date(madeAtWallMs).toISOString(),
      origin,
      deltas: kept.map((each) => each.id),
    })),
  };
}

export function textsAsText({ deltas, revisions }: NonNullable<Awaited<ReturnType<typeof describeTexts>>>): string {
  return [
    ...(deltas.length === 0
      ? []
      : [
          table([
            ['  of texts', 'kind', 'base', 'rank', 'size'],
            ...deltas.map(({ id, kind, base, rank, bytes }) => [
              `  ${id}`,
              kind,
              base ?? '-',
              rank === null ? '-' : `${rank}`,
              kilobytes(bytes),
            ]),
          ]),
        ]),
    ...(revisions.length === 0
      ? []
      : [
          table([
            ['  revision of texts', 'after', 'made', 'by', 'deltas'],
            ...revisions.map(({ id, inForce, parent, madeAt, origin, deltas: kept }) => [
              `${inForce ? '*' : ' '} ${shortId(id)}`,
              parent === null ? '-' : shortId(parent),
              madeAt.slice(0, 19).replace('T', ' '),
              origin,
              kept.join(', '),
            ]),
          ]),
        ]),
  ].join('\n');
}

/** `terrace delta show` of a text delta that is in force, or of a kept revision of texts; false where it is neither. */
export async function showText(name: string, store: DeltaStore, flags: GlobalFlags): Promise<boolean> {
  const { folders } = await store.folders();
  const folder = folders.findLast(({ catalog }) => textDeltasOf(catalog).some(({ id }) => id === name));
  const delta = folder && textDeltasOf(folder.catalog).find(({ id }) => id === name);
  if (delta) {
    const trust = { home: store.settings.home, clock: systemClock };
    const { deltas, catalog } = await readFolderSignatures(folder, trust);
    const signer = deltas.get(delta.id) ?? (catalog.kind === 'trusted' ? catalog : UNSIGNED);
    if (flags.json) printJson({ kind: 'text-delta', delta, signer });
    else print(table([...rowsOf(delta), ['signer', describeSigner(signer)]]));
    return true;
  }
  const revision = await textRevision(store, name);
  if (!revision) return false;
  const { folder: _, ...said } = revision;
  if (flags.json) printJson({ kind: 'text-revision', ...said });
  else {
    const { id, domain, parent, madeAtWallMs, origin, deltas } = said;
    print(
      table([
        ['revision', id],
        ['texts of', domain],
        ['after', parent ?? 'nothing of its own'],
        ['made', `${new Date(madeAtWallMs).toISOString()}, ${origin}`],
        ['deltas', deltas.map((each) => `${each.id} (${each.kind})`).join(', ')],
      ]),
    );
  }
  return true;
}

function rowsOf({
  id,
  domain,
  kind,
  base,
  rank,
  scale,
  adapter,
  template,
  servedAs,
  contentId,
}: TextDelta): string[][] {
  const served = Object.entries(servedAs).map(([endpoint, model]) => `${endpoint} as ${model}`);
  return [
    ['delta', id],
    ['texts of', domain],
    ['kind', kind],
    ['base', base?.id ?? 'any'],
    ...(rank === undefined ? [] : [['rank', `${rank}${scale === undefined ? '' : `, scale ${scale}`}`]]),
    ...(adapter ? [['size', kilobytes(adapter.bytes)]] : []),
    ...(template === undefined ? [] : [['template', template]]),
    ...(served.length === 0 ? [] : [['served', served.join(', ')]]),
    ['content id', contentId],
  ];
}

/** `terrace delta sign` of a text delta that was added: where it is in force and where it is kept; none where it is no such. */
export async function signText(name: string, store: DeltaStore, signer: Signer): Promise<string[]> {
  const overlay = (await store.folders()).folders[1];
  const revision = await textRevision(store, name);
  const inForce = overlay ? textDeltasOf(overlay.catalog) : [];
  const wanted = inForce.filter(({ id, contentId }) => id === name || isIn(revision, contentId));
  for (const each of wanted) await requireTextUnchanged(overlay!.path, each);
  const files = overlay ? await signDeltas(overlay.path, wanted, signer) : [];
  for (const each of await allTextRevisions(store)) {
    const same = each.deltas
      .filter(({ id, contentId }) => id === name || isIn(revision, contentId))
      .map((delta) => ({ ...delta, domain: each.domain }));
    for (const delta of same) await requireTextUnchanged(each.folder, delta);
    files.push(...(await signDeltas(each.folder, same, signer)));
  }
  return files;
}

const isIn = (revision: TextRevision | undefined, contentId: string): boolean =>
  revision?.deltas.some((each) => each.contentId === contentId) === true;

const textDeltasOf = ({ text }: Pick<Catalog, 'text'>): readonly TextDelta[] => text?.deltas ?? [];

async function allTextRevisions({ texts }: DeltaStore): Promise<TextRevision[]> {
  return (await Promise.all((await texts.domains()).map((domain) => texts.list(domain)))).flat();
}
