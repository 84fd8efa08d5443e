import type { Delta, Domain, Ladder, Model } from '@terrace/core';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { bytes, print, printJson, table } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import {
  deltaBytes,
  openCatalog,
  originOf,
  short,
  summarizeCalibration,
  type CalibrationSummary,
} from './models-catalog.js';
import { ABSENT } from './models-shown.js';

/** `terrace models list`: models, deltas and domains, the shipped ones and the added ones. */
export async function listModels(flags: GlobalFlags): Promise<number> {
  const { folders } = await openCatalog(flags);
  const { models, deltas, domains, ladders, revision } = folders.current();
  const rows = {
    models: models.map((model) => modelRow(folders, model)),
    deltas: deltas.map((delta) => deltaRow(folders, delta)),
    domains: await Promise.all(
      domains.map(async (domain) => domainRow(domain, deltas, await summarizeCalibration(folders, domain))),
    ),
  };
  if (flags.json) printJson({ ...rows, ladders, revision });
  else print(describe(rows, ladders, revision));
  return 0;
}

type ModelRow = ReturnType<typeof modelRow>;
type DeltaRow = ReturnType<typeof deltaRow>;
type DomainRow = ReturnType<typeof domainRow>;

function modelRow(folders: ModelFolders, model: Model) {
  const { id, task, interface: layout, language, contextTokens, licence, publisher, upstream, placement } = model;
  const variants = model.variants.map(({ dtype, providers, weights }) => ({
    dtype,
    providers,
    bytes: weights.bytes,
    sha256: weights.sha256,
    presence: folders.presence(weights),
  }));
  const { origin } = originOf(folders, model.variants[0]!.weights);
  return {
    id,
    task,
    interface: layout,
    language,
    contextTokens,
    licence,
    publisher,
    upstream: upstream ?? null,
    placement,
    origin,
    variants,
  };
}

function deltaRow(folders: ModelFolders, delta: Delta) {
  const { id, domain, base, rank, labels, outOfScopeLabel, contentId } = delta;
  const { origin } = originOf(folders, delta.head);
  return {
    id,
    domain,
    base: base.id,
    rank,
    labels: labels.length,
    outOfScopeLabel,
    bytes: deltaBytes(delta),
    contentId,
    origin,
  };
}

function domainRow(
  { id, task, subDomains, ladderRevision }: Domain,
  deltas: readonly Delta[],
  summary: CalibrationSummary | undefined,
) {
  const own = deltas.filter(({ domain }) => domain === id).map((delta) => delta.id);
  const calibration =
    summary &&
    ('error' in summary
      ? summary
      : { rows: summary.rows, outOfScopeRows: summary.outOfScopeRows, ladders: summary.ladders.length });
  return { id, task, deltas: own, subDomains, ladderRevision, calibration: calibration ?? null };
}

function describe(
  {
    models,
    deltas,
    domains,
  }: { models: readonly ModelRow[]; deltas: readonly DeltaRow[]; domains: readonly DomainRow[] },
  ladders: readonly Ladder[],
  revision: string,
): string {
  return [
    table([
      ['model', 'variants', 'context', 'language', 'licence', 'publisher', ''],
      ...models.map(({ id, variants, contextTokens, language, licence, publisher, origin }) => [
        id,
        variants
          .map(
            ({ dtype, providers, bytes: size, presence }) =>
              `${dtype} ${bytes(size)} (${providers.join(' ')})${ABSENT[presence]}`,
          )
          .join(', '),
        `${contextTokens}`,
        language.join(' '),
        licence,
        publisher,
        origin,
      ]),
    ]),
    '',
    table([
      ['delta', 'domain', 'base', 'rank', 'labels', 'size', ''],
      ...deltas.map(({ id, domain, base, rank, labels, bytes: size, origin }) => [
        id,
        domain,
        base,
        `${rank}`,
        `${labels}`,
        `${(size / 1000).toFixed(0)} KB`,
        origin,
      ]),
    ]),
    '',
    table([['domain', 'calibrated', 'revision', 'sub-domains'], ...domains.map(domainCells)]),
    '',
    ...ladders.map(({ task, models: rungs }) => `${task}: ${rungs.join(' -> ')}`),
    `catalog ${short(revision)}`,
  ].join('\n');
}

function domainCells({ id, calibration, ladderRevision, subDomains }: DomainRow): string[] {
  const calibrated =
    calibration === null
      ? 'no'
      : 'error' in calibration
        ? `unreadable: ${calibration.error.message}`
        : `on ${calibration.rows} rows`;
  return [id, calibrated, short(ladderRevision), subDomains.join(' ') || 'none'];
}
