import { join } from 'node:path';
import {
  deltaManifestSchema,
  InvalidRequestError,
  parseFile,
  type Calibration,
  type Delta,
  type DeltaManifest,
} from '@terrace/core';
import type { DeltaFacts, Revision } from '@terrace/core/deltas';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { readJson } from '../../store/files/read-json.js';
import { isRevisionName, nameRevision } from '../../store/revisions/name-revision.js';
import { systemClock } from '../../system-clock.js';
import { readFolderSignatures } from '../../trust/folder-signatures.js';
import { describeSigner, UNSIGNED, type SignedBy } from '../../trust/signed-by.js';
import { describeCalibrated } from '../describe-calibrated.js';
import { describeDecision, measured } from '../describe-decision.js';
import { percent, print, printJson, table } from '../output.js';
import { kilobytes, shortId } from '../revision-names.js';
import type { GlobalFlags } from '../settings.js';
import { allRevisions, baseBytes, manifestOf, openDeltaStore, type DeltaStore } from './delta-store.js';
import { showText } from './delta-text.js';
import { deltaBytes } from './models-catalog.js';

interface Described {
  readonly delta: Delta;
  readonly facts: DeltaFacts | undefined;
  readonly signer: SignedBy;
  readonly bytes: { readonly head: number; readonly adapter: number; readonly total: number };
  readonly shareOfBase: number | undefined;
}

/** `terrace delta show DELTA|REVISION`: what it is, how good it was found to be, where it comes from. */
export async function showDelta(name: string, flags: GlobalFlags): Promise<number> {
  const store = await openDeltaStore(flags);
  const folders = await store.folders();
  const delta = folders.current().deltas.find(({ id }) => id === name);
  if (delta) {
    const described = await describeInForce(delta, folders, store);
    if (flags.json) printJson({ kind: 'delta', ...described });
    else print(deltaText(described));
    return 0;
  }
  if (await showText(name, store, flags)) return 0;
  if (!isRevisionName(name)) throw unknown(name, folders);
  const revision = nameRevision(await allRevisions(store.revisions), name);
  const deltas = await Promise.all(revision.deltas.map((each) => describeKept(each, revision, folders, store)));
  const calibrated = (await store.revisions.calibration(revision))?.data;
  if (flags.json) printJson({ kind: 'revision', ...revision, parent: revision.parent ?? null, calibrated, deltas });
  else print([revisionText(revision, calibrated), ...deltas.map(deltaText)].join('\n\n'));
  return 0;
}

async function describeInForce(delta: Delta, folders: ModelFolders, store: DeltaStore): Promise<Described> {
  const folder = folders.folders.findLast(({ catalog }) => catalog.deltas.some(({ id }) => id === delta.id))!;
  return describe(delta, { root: folder.path, folders, store });
}

/** One that ships is part of a ladder, and lies with what ships. */
async function describeKept(
  delta: Delta,
  revision: Revision,
  folders: ModelFolders,
  store: DeltaStore,
): Promise<Described> {
  const { own, folder } = store.revisions.kept(revision);
  const root = own.deltas.includes(delta.contentId) ? folder : folders.folders[0]!.path;
  return describe(delta, { root, folders, store });
}

async function describe(
  delta: Delta,
  { root, folders, store: { settings } }: { root: string; folders: ModelFolders; store: DeltaStore },
): Promise<Described> {
  const catalog = { ...folders.folders[0]!.catalog, deltas: [delta], endpoints: [] };
  const trust = { home: settings.home, clock: systemClock };
  const { deltas, catalog: whole } = await readFolderSignatures({ path: root, catalog }, trust);
  const base = baseBytes(delta, folders);
  const total = deltaBytes(delta);
  return {
    delta,
    facts: (await readManifest(join(root, manifestOf(delta))))?.facts,
    signer: deltas.get(delta.id) ?? (whole.kind === 'trusted' ? whole : UNSIGNED),
    bytes: { head: delta.head.bytes, adapter: delta.adapter?.bytes ?? 0, total },
    shareOfBase: base && total / base,
  };
}

const readManifest = (file: string): Promise<DeltaManifest | undefined> =>
  readJson(file).then(
    (json) => parseFile(deltaManifestSchema, json, 'delta.json').value,
    () => undefined,
  );

function deltaText({ delta, facts, signer, bytes, shareOfBase }: Described): string {
  const { id, domain, base, rank, labels, contentId, subDomains } = delta;
  const { metrics, data } = facts ?? {};
  const rows: string[][] = [
    ['delta', id],
    ['domain', domain],
    ['base', base.id],
    [
      'labels',
      `${labels.length}${delta.outOfScopeLabel === null ? '' : `, "${delta.outOfScopeLabel}" for everything else`}`,
    ],
    ['rank', `${rank}${delta.scale === undefined ? '' : `, scale ${delta.scale}`}`],
    [
      'size',
      `${kilobytes(bytes.total)}${shareOfBase === undefined ? '' : `, ${percent(shareOfBase)} of its base`} (head ${kilobytes(bytes.head)}, factors ${kilobytes(bytes.adapter)})`,
    ],
    ['method', facts?.method ?? 'not stated'],
    ['fitted on', data ? `${data.rows} rows (${data.fingerprint.slice(0, 12)})` : 'not stated'],
    ['accuracy', metrics ? `${measured(metrics.accuracy)}, ${metrics.basis.replace('-', ' ')}` : 'not stated'],
    ...Object.entries(metrics?.subDomains ?? {}).map(([name, share]) => [`  ${name}`, measured(share)]),
    ['made from', facts?.parents.map(shortId).join(', ') || 'nothing'],
    ...(facts?.composedOf ? [['composed of', facts.composedOf.join(', ')]] : []),
    ...(facts?.madeWith === undefined ? [] : [['made with', facts.madeWith]]),
    ['signer', describeSigner(signer)],
    ['content id', contentId],
    ...(Object.keys(subDomains).length > 0 ? [['sub-domains', Object.keys(subDomains).join(', ')]] : []),
  ];
  return table(rows);
}

const revisionText = (
  { id, domain, parent, madeAtWallMs, origin, decision }: Revision,
  calibrated: Calibration['data'] | undefined,
): string =>
  table([
    ['revision', id],
    ['domain', domain],
    ['after', parent ?? 'nothing of its own'],
    ['made', `${new Date(madeAtWallMs).toISOString()}, ${origin}`],
    ...(calibrated ? [['calibrated on', describeCalibrated(calibrated)]] : []),
    ...(decision ? [['decision', `${decision.kind}: ${describeDecision(decision)}`]] : []),
  ]);

const unknown = (name: string, folders: ModelFolders): InvalidRequestError =>
  new InvalidRequestError({
    message: `There is no delta "${name.slice(0, 128)}".`,
    hint: `Name a revision by its first digits, or one of these: ${
      folders
        .current()
        .deltas.map(({ id }) => id)
        .join(', ') || 'none'
    }.`,
    facts: { delta: name.slice(0, 128) },
  });
