import { InvalidRequestError, type Catalog, type Delta, type Model } from '@terrace/core';
import type { ModelFolders } from '../../store/catalog/model-folders.js';
import { describeSigner, type SignedBy } from '../../trust/signed-by.js';
import { print, printJson, table } from '../output.js';
import type { GlobalFlags } from '../settings.js';
import { openCatalog, originOf, summarizeCalibration } from './models-catalog.js';
import { showDomain } from './models-show-domain.js';
import { describeAcceptance, originOfModel, signerOfDelta, type ModelOrigin } from './models-origin.js';
import { ABSENT, fileTable, type Shown } from './models-shown.js';

/**
 * `terrace models show ID`: one model, delta or domain with its files and hashes.
 * @throws InvalidRequestError naming what there is when nothing has this id
 */
export async function showModel(id: string, flags: GlobalFlags): Promise<number> {
  const { folders, settings } = await openCatalog(flags);
  const catalog = folders.current();
  const shown = await find(id, catalog, { folders, home: settings.home });
  if (!shown) throw unknown(id, catalog);
  if (flags.json) printJson(shown.json);
  else print(shown.text);
  return 0;
}

interface Opened {
  readonly folders: ModelFolders;
  readonly home: string;
}

async function find(id: string, catalog: Catalog, opened: Opened): Promise<Shown | undefined> {
  const { folders } = opened;
  const model = catalog.models.find((each) => each.id === id);
  if (model) return showOneModel(model, catalog, { folders, origin: await originOfModel(model, opened) });
  const delta = catalog.deltas.find((each) => each.id === id);
  if (delta) return showOneDelta(delta, { folders, signer: await signerOfDelta(delta, opened) });
  const domain = catalog.domains.find((each) => each.id === id);
  return domain && showDomain(domain, catalog, await summarizeCalibration(folders, domain));
}

const describeShape = ({ endTokens, maxRows, kvHeads, headDim, family }: NonNullable<Model['text']>): object => ({
  family,
  'keys and values': `${kvHeads} heads of ${headDim}`,
  'answers at a time': maxRows,
  'end tokens': endTokens.join(' '),
});

function showOneModel(
  model: Model,
  { deltas }: Catalog,
  { folders, origin }: { folders: ModelFolders; origin: ModelOrigin },
): Shown {
  const own = deltas.filter(({ base }) => base.id === model.id).map(({ id }) => id);
  const source = originOf(folders, model.variants[0]!.weights);
  const { variants, tokenizer, tokenizerConfig, golden, labels, text: shape, ...facts } = model;
  const text = [
    table(
      Object.entries({
        ...facts,
        ...(shape && describeShape(shape)),
        version: model.version ?? 'not stated',
        signer: describeSigner(origin.signer),
        'licence accepted': describeAcceptance(origin.acceptance),
        'content id': origin.contentId,
        deltas: own.join(' ') || 'none',
        ...source,
      }).map(([name, value]) => [name, String(value)]),
    ),
    '',
    fileTable([
      ...variants.map(
        ({ dtype, providers, weights }) =>
          [`${dtype} (${providers.join(' ')})${ABSENT[folders.presence(weights)]}`, weights] as const,
      ),
      ['tokenizer', tokenizer],
      ['tokenizer config', tokenizerConfig],
      ['golden outputs', golden],
    ]),
    ...(labels ? ['', `labels: ${labels.join(', ')}`] : []),
  ].join('\n');
  const json = {
    ...model,
    variants: variants.map((variant) => ({ ...variant, presence: folders.presence(variant.weights) })),
    version: model.version ?? null,
    ...origin,
    deltas: own,
    ...source,
  };
  return { json: { kind: 'model', ...json }, text };
}

function showOneDelta(delta: Delta, { folders, signer }: { folders: ModelFolders; signer: SignedBy }): Shown {
  const source = originOf(folders, delta.head);
  const { id, domain, base, rank, contentId, labels, outOfScopeLabel, subDomains, head, adapter, adapterConfig } =
    delta;
  const facts = {
    id,
    domain,
    base: base.id,
    rank,
    'content id': contentId,
    signer: describeSigner(signer),
    'out of scope': outOfScopeLabel ?? 'none',
    ...source,
  };
  const text = [
    table(Object.entries(facts).map(([name, value]) => [name, String(value)])),
    '',
    fileTable([
      ['head', head],
      ['adapter', adapter],
      ['adapter config', adapterConfig],
    ]),
    '',
    table([['belongs to', ''], ...Object.entries(base.files)]),
    '',
    `${labels.length} labels: ${labels.join(', ')}`,
    ...Object.entries(subDomains).map(([name, within]) => `  ${name}: ${within.join(', ')}`),
  ].join('\n');
  return { json: { kind: 'delta', ...delta, signer, ...source }, text };
}

function unknown(id: string, { models, deltas, domains }: Catalog): InvalidRequestError {
  const list = (entries: readonly { id: string }[]): string => entries.map((each) => each.id).join(', ') || 'none';
  return new InvalidRequestError({
    message: `There is no model, delta or domain "${id}".`,
    hint: `Models: ${list(models)}. Deltas: ${list(deltas)}. Domains: ${list(domains)}.`,
    facts: { id },
  });
}
